import type { RunErrorCode } from './errors.ts'
import { forEachText, looseText, type TextKind } from './looseText.ts'
import { untilBreak } from './tableBreak.ts'
import { mendedCall, type ToolState } from './tools.ts'

export interface Source {
  /** Of a passage: a path, relative to the address at which Riacho is mounted. */
  url: string
  title: string
  /** The document that it is a passage of. */
  fileId?: string
  /** Which passage, counted from 1. */
  passage?: number
  /** Of a PDF: where the passage stands. */
  page?: number
}

/** Questions that a person may send next, as they are. */
export interface Suggestions {
  questions: readonly string[]
}

/** Text that goes with a message as a block of its own. */
export interface TextAttachment {
  name: string
  text: string
}

/** A file that is stored, and that a message names. */
interface NamedFile {
  fileId: string
  name: string
  /** What its bytes are. */
  mediaType: string
  /** In bytes. */
  size: number
}

export interface ImageFile extends NamedFile {
  /** In pixels. */
  width: number
  height: number
}

/** Any file that is no picture. */
export interface DocumentFile extends NamedFile {
  /** Of a PDF. */
  pages?: number
  /** About how much its text is to a model. */
  tokens?: number
  /** How a model gets it. It is decided when the message is sent. */
  givenAs?: GivenAs
}

/**
 * - **text**: its whole text stands in the request.
 * - **search**: it is too long for that, and the model searches it.
 * - **file**: the provider gets the file itself.
 */
export type GivenAs = 'text' | 'search' | 'file'

/** How a model got a document, if it was otherwise than its part says. */
export interface ToldDocument {
  fileId: string
  /** `none`: the model got its name alone. */
  givenAs: GivenAs | 'none'
}

export type StoredFile = ({ type: 'image' } & ImageFile) | ({ type: 'document' } & DocumentFile)

/** What goes with a message besides its text. */
export type Attachment = TextAttachment | StoredFile

export interface Break {
  status: 'stopped' | 'failed' | 'interrupted'
  code: RunErrorCode | null
}

/**
 * A piece of a message. `id` is its place among the parts, counted from 1, and never changes. `text` and `refusal` are
 * Markdown that a model wrote: untrusted.
 */
export type Part = { id: string } & (
  | { type: 'text'; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; text: string }
  | ({ type: 'source' } & Source)
  | ({ type: 'suggestions' } & Suggestions)
  | ({ type: 'file' } & TextAttachment)
  | StoredFile
  | ({ type: 'tool' } & ToolState)
  /** An earlier run ended here. A later one wrote what follows. */
  | ({ type: 'break' } & Break)
)

export type PartType = Part['type']

interface PartKind {
  /**
   * Whether its `text` is what the message says to a reader. `textOf` gives such text to code that copies, speaks or
   * measures it.
   */
  isVisibleText: boolean
}

/**
 * The facts that all code has to know about each type. Code that treats every type differently (draws it, sends it to a
 * provider, searches it, exports it) has a `switch` that does not compile while a type is missing.
 */
export const PARTS = {
  text: { isVisibleText: true },
  refusal: { isVisibleText: true },
  reasoning: { isVisibleText: false },
  source: { isVisibleText: false },
  suggestions: { isVisibleText: false },
  file: { isVisibleText: false },
  image: { isVisibleText: false },
  document: { isVisibleText: false },
  tool: { isVisibleText: false },
  break: { isVisibleText: false },
} as const satisfies Record<PartType, PartKind>

type VisibleTextType = {
  [Type in PartType]: (typeof PARTS)[Type]['isVisibleText'] extends true ? Type : never
}[PartType]

/** A page may be older than its server. The server then sends types that the page does not know. */
function isVisibleText(part: Part): part is Part & { type: VisibleTextType } {
  return PARTS[part.type]?.isVisibleText
}

/** Whether `textOf` gives any text. It costs less, so that each frame of a growing reply can ask. */
export function hasText(parts: readonly Part[]): boolean {
  return parts.some(part => isVisibleText(part) && part.text !== '')
}

/** The text of a message: text and refusals, without reasoning and sources. */
export function textOf(parts: readonly Part[]): string {
  let text = ''
  let isBroken = false
  for (const part of parts) {
    isBroken ||= part.type === 'break'
    if (!isVisibleText(part)) continue
    text = (isBroken ? untilBreak(text, part.text) : text) + part.text
    isBroken = false
  }
  return text
}

/** The id of the part that comes next. */
export function nextPartId(parts: readonly unknown[]): string {
  return String(parts.length + 1)
}

/** A part as it may be stored. Old stored parts have no `id`. */
export type StoredPart = Part | DistributiveOmit<Part, 'id'>

type DistributiveOmit<Whole, Key extends keyof Whole> = Whole extends unknown ? Omit<Whole, Key> : never

/**
 * Gives each part without an `id` the number of its place. Repairs text fields that older versions stored as other values.
 */
export function withPartIds(parts: readonly StoredPart[]): Part[] {
  return parts.map((part, index) => ({ id: String(index + 1), ...mended(part) }))
}

/** Older versions stored some fields as a provider sent them, whatever they were. */
function mended(part: StoredPart): StoredPart {
  switch (part?.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return typeof part.text === 'string'
        ? part
        : ({ ...part, ...textIn(part.text, part.type) } as StoredPart)
    case 'source': {
      const url = typeof part.url === 'string' ? part.url : ''
      const title = typeof part.title === 'string' ? part.title : url
      return url === part.url && title === part.title ? part : { ...part, url, title }
    }
    case 'file': {
      const [name, text] = [looseText(part.name), looseText(part.text)]
      return name === part.name && text === part.text ? part : { ...part, name, text }
    }
    case 'image':
    case 'document':
      return typeof part.name === 'string' ? part : { ...part, name: looseText(part.name) }
    case 'suggestions': {
      const questions = listOf(part.questions)
      const isWhole =
        questions === part.questions && questions.every(question => typeof question === 'string')
      return isWhole ? part : { ...part, questions: questions.map(looseText) }
    }
    case 'tool':
      return mendedCall(part)
    default:
      return part
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The text in `value`. It is a thought only if there is nothing else. */
function textIn(value: unknown, type: TextKind): { type: TextKind; text: string } {
  const found = { text: '', refusal: '', reasoning: '' }
  forEachText(
    value,
    (kind, text) => {
      found[kind] += text
    },
    type,
  )
  const isThought = !found[type] && found.reasoning !== ''
  return isThought ? { type: 'reasoning', text: found.reasoning } : { type, text: found[type] }
}

/** The parts of a message that a person writes: its text, if it is not blank, and its attachments. */
export function composeParts({
  content,
  attachments = [],
}: {
  content: string
  attachments?: readonly Attachment[] | undefined
}): Part[] {
  const parts: Part[] = []
  if (content.trim() !== '') parts.push({ id: nextPartId(parts), type: 'text', text: content })
  for (const attachment of attachments) {
    const id = nextPartId(parts)
    if (isStoredFile(attachment)) parts.push({ id, ...attachment })
    else parts.push({ id, type: 'file', name: attachment.name, text: attachment.text })
  }
  return parts
}

export function isStoredFile(attachment: Attachment): attachment is StoredFile {
  return 'fileId' in attachment
}

/** The text and attachments that `composeParts` turns into these parts. */
export function composedOf(parts: readonly Part[]): { content: string; attachments: Attachment[] } {
  let content = ''
  const attachments: Attachment[] = []
  for (const part of parts) {
    switch (part.type) {
      case 'text':
        content += part.text
        break
      case 'file':
        attachments.push({ name: part.name, text: part.text })
        break
      case 'image':
      case 'document': {
        const { id: _, ...file } = part
        attachments.push(file)
        break
      }
      case 'refusal':
      case 'reasoning':
      case 'source':
      case 'suggestions':
      case 'tool':
      case 'break':
        // No person writes these.
        break
      default:
        part satisfies never
    }
  }
  return { content, attachments }
}
