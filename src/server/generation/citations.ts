import type { ContentEvent } from '../../protocol/events.ts'
import type { DocumentFile, Part, Source } from '../../protocol/parts.ts'
import { PATHS } from '../../protocol/paths.ts'
import { documentsIn, markOf } from './documents.ts'
import type { ProviderMessage, ProviderPart } from './provider.ts'

/** The tools whose answers have passages. */
export const PASSAGE_TOOLS: readonly string[] = ['document_search', 'document_read']

const MARK = /([0-9a-f]{6}):(\d{1,6})/
/** The line above a passage in an answer of these tools. */
const HEADING = new RegExp(`^\\[${MARK.source}\\] (.+)$`, 'gm')
/** One mark, or several, as a model writes them. */
const CITED = /[[【]\s*([0-9a-f]{6}:\d{1,6}(?:\s*[,;]\s*[0-9a-f]{6}:\d{1,6})*)\s*[\]】]/g
/** The beginning of such marks, at the end of a text. */
const BEGUN = /[[【][\s0-9a-f:,;]{0,80}$/

/** The line above a passage. `place` is what people read of where it stands. */
export function headingOf(mark: string, place: string): string {
  return `[${mark}] ${place.replace(/\s+/g, ' ')}`
}

/** A text of a document, so that no line of it looks like a heading. */
export function withoutHeadings(text: string): string {
  return text.replace(HEADING, ' $&')
}

/**
 * Turns the marks of passages that a model writes into numbers of sources, and adds these sources. A mark that no tool has told in
 * this branch stays as it is. A source comes after the text that cites it, so that the text stays one part.
 */
export class Citations {
  readonly #documents: ReadonlyMap<string, DocumentFile>
  /** By their marks: passages that tools have told. */
  readonly #known = new Map<string, Source>()
  /** By the same marks: the numbers of sources that the message has. */
  readonly #numbers = new Map<string, number>()
  /** Messages of which it is not known yet what tools told in them. */
  #unread: readonly ProviderMessage[]
  #sources = 0
  #held = ''
  #pending: Source[] = []

  /** `history`: the messages before this one. `parts`: what this one has. */
  constructor(history: readonly ProviderMessage[], parts: readonly Part[]) {
    this.#unread = history
    this.#documents = new Map(documentsIn(history).map(document => [markOf(document), document]))
    for (const part of parts) {
      if (part.type !== 'source') continue
      this.#sources += 1
      const { fileId, passage } = part
      if (fileId !== undefined) this.#numbers.set(`${markOf({ fileId })}:${passage}`, this.#sources)
    }
    this.learn(parts)
  }

  /** Takes what tools have told. */
  learn(parts: readonly ProviderPart[]): void {
    for (const part of parts) {
      if (part.type !== 'tool' || part.server !== undefined || !PASSAGE_TOOLS.includes(part.tool)) continue
      for (const [, file = '', passage = '', place = ''] of (part.content ?? '').matchAll(HEADING)) {
        const document = this.#documents.get(file)
        if (document) this.#known.set(`${file}:${passage}`, sourceOf(document, Number(passage), place))
      }
    }
  }

  /** The events in place of one. */
  take(event: ContentEvent): ContentEvent[] {
    if (event.type !== 'text-delta') {
      const before = this.end()
      if (event.type === 'source-add') this.#sources += 1
      return [...before, event]
    }
    const text = this.#held + event.content
    const begun = text.search(BEGUN)
    this.#held = begun === -1 ? '' : text.slice(begun)
    const content = this.#withNumbers(begun === -1 ? text : text.slice(0, begun))
    return content === '' ? [] : [{ type: 'text-delta', content }]
  }

  /** What is left when the text ends. */
  end(): ContentEvent[] {
    const [text, pending] = [this.#held, this.#pending]
    this.#held = ''
    this.#pending = []
    return [
      ...(text === '' ? [] : [{ type: 'text-delta' as const, content: text }]),
      ...pending.map(source => ({ type: 'source-add' as const, ...source })),
    ]
  }

  #withNumbers(text: string): string {
    // Most pieces of a text have no mark.
    if (!/[\]】]/.test(text)) return text
    return text.replace(CITED, (raw, marks: string) => {
      const numbers = marks.split(/[,;]/).flatMap(mark => this.#numberOf(mark.trim()) ?? [])
      return numbers.length === 0 ? raw : `[${[...new Set(numbers)].join(', ')}]`
    })
  }

  #numberOf(mark: string): number | undefined {
    const number = this.#numbers.get(mark)
    if (number !== undefined) return number
    for (const { parts } of this.#unread) this.learn(parts)
    this.#unread = []
    const source = this.#known.get(mark)
    if (!source) return undefined
    this.#pending.push(source)
    this.#sources += 1
    this.#numbers.set(mark, this.#sources)
    return this.#sources
  }
}

function sourceOf({ fileId, pages }: DocumentFile, passage: number, place: string): Source {
  const page = pages === undefined ? undefined : /, p\. (\d+)$/.exec(place)?.[1]
  const url = PATHS.passage(fileId, passage)
  return { url, title: place, fileId, passage, ...(page !== undefined && { page: Number(page) }) }
}
