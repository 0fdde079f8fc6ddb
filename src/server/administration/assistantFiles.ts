import { createHash, randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SaveAssistantRequest } from '../../protocol/admin/adminRequests.ts'
import type { AdminAssistantResponse, AdminAssistantsResponse } from '../../protocol/admin/adminResponses.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import { type Assistant, type AssistantText, loadAssistants } from '../config/assistant.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import type { Audit } from './auditTrail.ts'

/** Where assistants come from. */
export interface AssistantFolder {
  directory: string
  defaultModel: string
}

export interface AssistantFilesOptions {
  /** The list that everybody reads. Its content is replaced when the files are read again. */
  assistants: Assistant[]
  /** Absent where the app defines them in code. */
  folder: AssistantFolder | undefined
  /** Makes the list that people get of one that was read. Throws `ConfigProblem` if a limit cannot be kept with it. */
  prepare: (assistants: readonly Assistant[]) => readonly Assistant[]
  audit: Audit
}

/**
 * Reads, checks and writes the files of assistants of this node. Other nodes have files of their own. A reply that is being
 * written keeps the model and the instructions that it began with.
 */
export function createAssistantFiles({ assistants, folder, prepare, audit }: AssistantFilesOptions) {
  const requireFolder = () => {
    if (!folder) throw new RiachoError('NOT_FOUND', 'the assistants are in code')
    return folder
  }
  const pathOf = (id: string) => join(requireFolder().directory, `${id}.md`)

  const list = (locale: Locale): AdminAssistantsResponse => ({
    assistants: assistants.map(({ id, name, model }) => ({ id, name: name[locale], model })),
    isEditable: folder !== undefined,
  })

  /** Throws `NOT_FOUND`. */
  async function read(id: string): Promise<AdminAssistantResponse> {
    const text = await readText(pathOf(id))
    if (text === undefined) throw new RiachoError('NOT_FOUND', 'no such file')
    return { id, text, version: versionOf(text) }
  }

  const tryLoading = (changed?: AssistantText) => loadWith(requireFolder(), { changed, prepare })

  async function check(changed: AssistantText): Promise<string[]> {
    const tried = await tryLoading(changed)
    return 'problems' in tried ? tried.problems : []
  }

  /** Throws `INVALID_REQUEST` with what is wrong. The list stays as it is then. */
  async function load(changed?: AssistantText): Promise<readonly Assistant[]> {
    const tried = await tryLoading(changed)
    if ('loaded' in tried) return tried.loaded
    throw new RiachoError('INVALID_REQUEST', 'wrong assistants', { issues: tried.problems })
  }

  const use = (loaded: readonly Assistant[]) => void assistants.splice(0, assistants.length, ...loaded)

  /**
   * Writes a file, whole or not at all, and uses it. Throws `INVALID_REQUEST`, `ASSISTANT_CHANGED` if the file is another
   * one than the person has read, and `FILES_READ_ONLY`.
   */
  async function save(
    actorId: string,
    { id, text, version }: SaveAssistantRequest & { id: string },
  ): Promise<AdminAssistantResponse> {
    const loaded = await load({ id, text })
    const stored = await readText(pathOf(id))
    if ((stored === undefined ? undefined : versionOf(stored)) !== version)
      throw new RiachoError('ASSISTANT_CHANGED', 'the file is another one')
    // The line comes first, because a change without its line would be worse than a line without its change.
    await replaceFile(pathOf(id), text, () => audit({ actorId, action: 'assistant-save', subject: id }))
    use(loaded)
    return { id, text, version: versionOf(text) }
  }

  /** Reads all files again. Throws `INVALID_REQUEST`. */
  async function reload(actorId: string): Promise<void> {
    const loaded = await load()
    await audit({ actorId, action: 'assistants-reload', subject: loaded.map(({ id }) => id).join(' ') })
    use(loaded)
  }

  return { list, read, check, save, reload }
}

/** The assistants as they would be with this text, or what would be wrong with all files then. */
async function loadWith(
  { directory, defaultModel }: AssistantFolder,
  { changed, prepare }: Pick<AssistantFilesOptions, 'prepare'> & { changed: AssistantText | undefined },
): Promise<{ loaded: readonly Assistant[] } | { problems: string[] }> {
  try {
    return { loaded: prepare(await loadAssistants(directory, { defaultModel, changed })) }
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error
    // A path of the server is nothing that the page has to know.
    return { problems: error.problems.map(problem => problem.replaceAll(join(directory, '/'), '')) }
  }
}

/** Writes a file, whole or not at all. `before` is called when nothing but the renaming is left. Throws `FILES_READ_ONLY`. */
async function replaceFile(path: string, text: string, before: () => Promise<void>): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, text, { flush: true })
  } catch (cause) {
    throw new RiachoError('FILES_READ_ONLY', String(cause))
  }
  try {
    await before()
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
