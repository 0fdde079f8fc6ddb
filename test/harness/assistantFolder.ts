import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createUpstream } from '../upstream/upstream.ts'
import type { TestFolder } from './folder.ts'
import { temporaryFolder } from './folder.ts'
import { startServer, type TestServerOptions } from './server.ts'

/** Writes one assistant with these lines in its front matter. Returns the settings that name its folder. */
export async function writeAssistant(
  folder: TestFolder,
  fields: string,
): Promise<{ ASSISTANTS_DIR: string; TITLES: string }> {
  const assistants = join(folder.path, 'assistants')
  await mkdir(assistants, { recursive: true })
  await writeFile(join(assistants, 'ana.md'), `---\nname: Ana\n${fields}\n---\nBe brief.\n`)
  return { ASSISTANTS_DIR: assistants, TITLES: 'words' }
}

/** A server whose one assistant has these lines in its front matter. */
export async function startWithAssistant(fields: string, options: TestServerOptions = {}) {
  const folder = await temporaryFolder()
  const upstream = await createUpstream()
  const settings = { ...(await writeAssistant(folder, fields)), ...options.settings }
  const server = await startServer({ ...options, upstream, folder, settings })
  return {
    folder,
    upstream,
    server,
    client: server.client(),
    async [Symbol.asyncDispose]() {
      for (const each of [server, upstream, folder]) await each[Symbol.asyncDispose]()
    },
  }
}
