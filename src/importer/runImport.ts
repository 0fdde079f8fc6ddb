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
  const seen = new Set<string>()
  try {
    for await (const conversation of source.conversations({ drop, onRead: size => progress.add(size) })) {
      report.current = conversation.title
      const owner = ownerOf(conversation, drop)
      if (owner === null) continue
      const key = JSON.stringify([owner, conversation.id])
      if (seen.has(key)) {
        drop('a second conversation with the same id')
        continue
      }
      seen.add(key)
      const prepared = prepareConversation(conversation, { now, drop })
      if (prepared.messages.length === 0) {
        drop('a conversation without any message')
        continue
      }
      report.conversations.found += 1
      report.messages += prepared.messages.length
      report.sample(prepared)
    }
  } finally {
    progress.end()
  }
  return report
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
  try {
    for await (const conversation of source.conversations({ drop, onRead: () => {} })) {
      report.current = conversation.title
      const owner = ownerOf(conversation, drop)
      if (owner === null) continue
      try {
        const { outcome, messages } = await importConversation(owner, conversation, drop)
        conversations[outcome] += 1
        report.settle({ isCounted: outcome !== 'known' })
        if (outcome === 'added') report.messages += messages
        owners.add(owner)
      } catch (error) {
        drop(refusalOf(error))
        conversations.refused += 1
      }
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
