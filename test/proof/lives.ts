import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { writeAssistant } from '../harness/assistantFolder.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { settingsOf } from '../harness/server.ts'
import { readRows } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { readLedger } from './ledger.ts'
import { MortalServer, nextPort } from './mortalServer.ts'
import type { EventPoint } from './preloads/dieAtEvent.ts'

export interface LivesOptions {
  dieAt: EventPoint
  /** Lines in the front matter of its one assistant. If absent, it has no assistants of its own. */
  assistant?: string
}

/** A server with the tools of the ledger that dies at a moment, and then lives. */
export async function openLives({ dieAt, assistant }: LivesOptions) {
  const [folder, upstream] = [await temporaryFolder(), await createUpstream()]
  const port = nextPort()
  const ledgerFile = join(folder.path, 'ledger')
  const own = assistant === undefined ? { TITLES: 'words' } : await writeAssistant(folder, assistant)
  const base = settingsOf({ upstream, settings: own }, folder)
  const settings = { ...base, PORT: String(port), LEDGER: ledgerFile }
  const first = new MortalServer(settings, port)
  const later: MortalServer[] = []
  await first.start({ at: { label: dieAt, nth: 1 } })
  const client = first.client()
  await client.get('/api/chat/conversations')
  return {
    folder,
    upstream,
    client,
    died: first.exited,
    /** Starts the next process. */
    async live(others: Record<string, string> = {}): Promise<void> {
      const server = new MortalServer({ ...settings, ...others }, port)
      later.push(server)
      await server.start()
    },
    /** Ends the last process. */
    end: async () => later.at(-1)?.stop(),
    /** What tools have done, in their order. */
    lines: () => readLedger(ledgerFile).map(({ arguments: args }) => args),
    /** The calls that had an effect, in their order. */
    made: () => readLedger(ledgerFile).map(({ callId }) => callId),
    rows: (sql: string) => readRows(base['DATABASE_URL'] ?? '', sql, []),
    /** The names of all bytes in the store. */
    blobs: () => blobsIn(base['FILES_DIR'] ?? ''),
    async [Symbol.asyncDispose]() {
      for (const each of [first, ...later, folder]) await each[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

function blobsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(each => each.isFile())
    .map(each => relative(folder, join(each.parentPath, each.name)))
}
