import type { PreparedConversation } from '../server/importing/importConversation.ts'

/** How many conversations a dry run shows. */
const SAMPLES = 5

interface Dropped {
  count: number
  /** The title of the first conversation that it happened to. */
  first: string
}

/** What was found, what became of it, and everything that was dropped. */
export class Report {
  readonly conversations = { found: 0, added: 0, known: 0, empty: 0, refused: 0 }
  messages = 0
  readonly #dropped = new Map<string, Dropped>()
  readonly #samples: string[] = []

  /** Counts what belongs to no conversation. */
  readonly drop = (reason: string): void => this.dropFrom('', [reason])

  /** Counts what was dropped from a conversation with this title. */
  dropFrom(title: string, reasons: readonly string[]): void {
    for (const reason of reasons) {
      const known = this.#dropped.get(reason)
      if (known) known.count += 1
      else this.#dropped.set(reason, { count: 1, first: title })
    }
  }

  /** Counts a conversation that would be imported, and keeps the first ones as samples. */
  find(prepared: PreparedConversation): void {
    this.conversations.found += 1
    this.messages += prepared.messages.length
    this.#sample(prepared)
  }

  #sample({ title, createdAt, messages }: PreparedConversation): void {
    if (this.#samples.length === SAMPLES) return
    const branches = messages.length - new Set(messages.map(({ parentId }) => parentId)).size
    const date = new Date(createdAt).toISOString().slice(0, 10)
    const more = branches > 0 ? `, ${branches + 1} branches` : ''
    this.#samples.push(
      `  ${date}  ${oneLine(title) || '(no title)'} (${counted(messages.length, 'message')}${more})`,
    )
  }

  /** For a dry run. */
  preview(): string {
    const { found } = this.conversations
    const lines = [`Found ${counted(found, 'conversation')} with ${counted(this.messages, 'message')}.`]
    if (this.#samples.length > 0) lines.push('', 'For example:', ...this.#samples)
    return [...lines, ...this.#losses()].join('\n')
  }

  /** After an import. */
  result(): string {
    const { added, known, empty, refused } = this.conversations
    const lines = [`Imported ${counted(added, 'conversation')} with ${counted(this.messages, 'message')}.`]
    if (known > 0)
      lines.push(`${counted(known, 'conversation')} had been imported before and did not change.`)
    if (empty > 0) lines.push(`${counted(empty, 'conversation')} had no message to keep.`)
    if (refused > 0) lines.push(`${counted(refused, 'conversation')} could not be stored.`)
    return [...lines, ...this.#losses()].join('\n')
  }

  #losses(): string[] {
    if (this.#dropped.size === 0) return []
    const rows = [...this.#dropped].toSorted(([, a], [, b]) => b.count - a.count)
    const lines = rows.map(([reason, { count, first }]) => {
      const where = first === '' ? '' : ` (first in: ${oneLine(first)})`
      return `${String(count).padStart(8)} × ${reason}${where}`
    })
    return ['', 'Dropped or changed:', ...lines]
  }
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** A title may have anything in it, also what would move the cursor of a terminal. */
function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim()
  return line.length > 60 ? `${line.slice(0, 59).toWellFormed()}…` : line
}
