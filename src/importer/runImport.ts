import { RiachoError } from '../protocol/errors.ts'
import type { ImportOutcome } from '../server/importing/importConversation.ts'
import { prepareConversation } from '../server/importing/importConversation.ts'
import type { Drop, ImportedConversation } from '../server/importing/importedConversation.ts'
import { ImportProblem } from './importProblem.ts'
import type { ImportSource } from './importSource.ts'
import { type Output, Progress } from './progress.ts'
import { Report } from './report.ts'

export interface CheckOptions {
  now: number
  output: Output
  /** The owner of a conversation. `null` if it has none, and the reason is dropped. */
  ownerOf(conversation: ImportedConversation, drop: Drop): string | null
}

/** Reads everything and stores nothing. Throws `ImportProblem` if the source is damaged anywhere. */
export async function checkSource(
  source: ImportSource,
  { now, output, ownerOf }: CheckOptions,
): Promise<Report> {
  const report = new Report()
  const { drop } = report
  const progress = new Progress(output, { label: 'Reading', total: source.size })
  const isRepeated = repeats()
  try {
    for await (const { conversation, dropped } of source.conversations({
      drop,
      onRead: size => progress.add(size),
    })) {
      const dropHere: Drop = reason => dropped.push(reason)
      const owner = ownerOf(conversation, dropHere)
      if (owner !== null && !isRepeated(owner, conversation, dropHere)) {
        const prepared = prepareConversation(conversation, { now, drop: dropHere })
        if (prepared.messages.length === 0) dropHere('a conversation without any message')
        else report.find(prepared)
      }
      report.dropFrom(conversation.title, dropped)
    }
  } finally {
    progress.end()
  }
  return report
}

/** Tells whether a conversation came before, and drops it if so. Some exports have one twice. */
function repeats() {
  const seen = new Set<string>()
  return (owner: string, { id }: ImportedConversation, drop: Drop): boolean => {
    const key = JSON.stringify([owner, id])
    const isRepeat = seen.has(key)
    if (isRepeat) drop('a second conversation with the same id: the first one counts')
    seen.add(key)
    return isRepeat
  }
}

export interface ImportOptions extends Pick<CheckOptions, 'output' | 'ownerOf'> {
  /** How many conversations `checkSource` found. */
  total: number
  importConversation(
    ownerId: string,
    conversation: ImportedConversation,
    drop: Drop,
  ): Promise<{ outcome: ImportOutcome; messages: number }>
}

/** Stores the conversations of a source that was checked, each whole or not at all. Resolves with the owners too. */
export async function importSource(
  source: ImportSource,
  { total, output, ownerOf, importConversation }: ImportOptions,
): Promise<{ report: Report; owners: Set<string> }> {
  const report = new Report()
  const owners = new Set<string>()
  const { drop, conversations } = report
  const progress = new Progress(output, { label: 'Importing', total })
  const isRepeated = repeats()
  try {
    for await (const { conversation, dropped } of source.conversations({ drop, onRead: () => {} })) {
      const dropHere: Drop = reason => dropped.push(reason)
      const owner = ownerOf(conversation, dropHere)
      if (owner === null || isRepeated(owner, conversation, dropHere)) {
        report.dropFrom(conversation.title, dropped)
        continue
      }
      try {
        const { outcome, messages } = await importConversation(owner, conversation, dropHere)
        conversations[outcome] += 1
        if (outcome === 'added') report.messages += messages
        // Nothing was dropped now from what had been imported before.
        if (outcome === 'known') dropped.length = 0
        owners.add(owner)
      } catch (error) {
        dropHere(refusalOf(error))
        conversations.refused += 1
      }
      report.dropFrom(conversation.title, dropped)
      progress.add(1)
    }
  } finally {
    progress.end()
  }
  return { report, owners }
}

/** Why one conversation could not be stored. Throws if no other can be stored either. */
function refusalOf(error: unknown): string {
  if (!(error instanceof RiachoError)) throw error
  if (error.code === 'QUOTA_EXCEEDED')
    return 'a conversation for which its owner has no room: raise OWNER_QUOTA_MB and import again'
  if (error.code === 'NOT_FOUND')
    throw new ImportProblem('This owner erased everything, and gets nothing again.')
  throw error
}
