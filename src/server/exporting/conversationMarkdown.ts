import type { ExportWords } from '../../protocol/exportMessages.ts'
import { hasBytes } from '../../protocol/madeFiles.ts'
import type { Part, StoredFile } from '../../protocol/parts.ts'
import type { Message } from '../../protocol/responses.ts'
import { searchWords } from '../../protocol/searches.ts'
import { untilBreak } from '../../protocol/tableBreak.ts'
import { mayHaveHappened } from '../../protocol/tools.ts'
import { fenced, literal, literalInline, replyBelow } from './markdownText.ts'
import { piecesOfLines } from './pieces.ts'

export interface MarkdownOptions {
  title: string
  /** From the root down. */
  branch: AsyncIterable<Pick<Message, 'role' | 'parts'>>
  /** Name of the assistant. */
  assistant: string
  words: ExportWords
  /** Where a file lies beside the document. If absent, only its name is written. */
  pathOf?: ((file: StoredFile) => string) | undefined
}

/**
 * Writes a conversation as a Markdown document, piece by piece: for each message a heading and its text. Other work can
 * run after any piece, and a piece may be empty. A reply is Markdown, and whatever it left open is closed before the
 * next message. What the person wrote is no Markdown, so it is escaped.
 */
export async function* conversationMarkdown(options: MarkdownOptions): AsyncGenerator<string, undefined> {
  const { title, branch, assistant, words, pathOf } = options
  yield `# ${literalInline(onOneLine(title)) || words.untitled}`
  for await (const { role, parts } of branch) {
    const [who, write] = role === 'USER' ? [words.you, literal] : [literalInline(assistant), reply]
    yield `\n\n## ${who}`
    yield* bodyOf(parts, { words, write, pathOf })
  }
  yield '\n'
}

/** The headings of a reply stand below the heading of its message. */
function reply(text: string): Generator<string, undefined> {
  return replyBelow(text, 3)
}

interface Writing extends Pick<MarkdownOptions, 'words' | 'pathOf'> {
  /** Turns a text into Markdown, in pieces. */
  write(text: string): Generator<string, undefined>
}

/** Sources follow the text, which cites them by their numbers. */
function* bodyOf(parts: readonly Part[], writing: Writing): Generator<string, undefined> {
  for (const part of joinBroken(parts)) {
    if (part.type === 'source' || (part.type === 'search' && searchWords(part).length === 0)) continue
    yield '\n\n'
    yield* blockOf(part, writing)
  }
  let count = 0
  for (const part of parts) {
    if (part.type !== 'source') continue
    count += 1
    yield count === 1 ? `\n\n**${writing.words.sources}**\n\n` : '\n'
    // Outside of the server, nothing leads to a passage.
    const isLink = part.fileId === undefined
    const title = linkText(part.title || part.url)
    yield `${count}. ${isLink ? `[${title}](<${target(part.url)}>)` : title}`
  }
}

/**
 * Joins a text that broke off with the text that continues it, because the break may be inside a block. The note about
 * the break, and the reasoning after it, stand below the joined text.
 */
function joinBroken(parts: readonly Part[]): Part[] {
  const joined: Part[] = []
  for (const part of parts) {
    if (part.type === 'break' && joined.at(-1)?.type === 'break') continue
    if (part.type !== 'text' || !continueBroken(joined, part)) joined.push(part)
  }
  return joined
}

/** Joins `part` to the last text of `joined` and returns true, if that text broke off. */
function continueBroken(joined: Part[], part: Extract<Part, { type: 'text' }>): boolean {
  const last = joined.findLastIndex(({ type }) => type === 'text' || type === 'refusal')
  const before = joined[last]
  if (before?.type !== 'text' || joined[last + 1]?.type !== 'break') return false
  joined[last] = { ...part, text: untilBreak(before.text, part.text) + part.text }
  return true
}

function* blockOf(
  part: Exclude<Part, { type: 'source' }>,
  { words, write, pathOf }: Writing,
): Generator<string, undefined> {
  switch (part.type) {
    case 'text':
    case 'refusal':
      yield* write(part.text)
      break
    case 'reasoning':
      yield `> **${words.reasoning}**\n> \n> `
      for (const piece of piecesOfLines(part.text.trim())) yield piece.replaceAll('\n', '\n> ')
      break
    case 'file':
      yield `**${linkText(part.name)}**\n\n${fenced(part.text)}`
      break
    case 'image':
    case 'document':
      yield fileLine(part, pathOf)
      break
    case 'tool':
      yield `**${words.tool}: ${linkText(part.title ?? part.tool)}**`
      if (part.status !== 'completed') yield ` · *${words.toolStates[part.status]}*`
      yield `\n\n${fenced(part.arguments)}`
      if (part.content) yield `\n\n${fenced(part.content)}`
      if (mayHaveHappened(part)) yield `\n\n*${words.mayHaveHappened}*`
      for (const file of part.files ?? []) yield `\n\n${fileLine(file, pathOf)}`
      break
    case 'search':
      yield `*${words.searched}: ${searchWords(part).map(onOneLine).map(literalInline).join(' · ')}*`
      break
    case 'suggestions':
      yield `**${words.suggestions}**\n`
      for (const question of part.questions) yield `\n- ${literalInline(onOneLine(question))}`
      break
    case 'break':
      yield `*${words.break}*`
      break
    default:
      part satisfies never
  }
}

/** A file by its name, and where it is, if it goes along. What a model says of its picture stands in place of the name. */
function fileLine(file: StoredFile, pathOf: Writing['pathOf']): string {
  const { description } = file.type === 'image' ? file : {}
  const name = linkText(description ?? file.name)
  const isThere = file.type === 'document' || hasBytes(file)
  if (!pathOf || !isThere) return `**${linkText(file.name)}**`
  return `${file.type === 'image' ? '!' : ''}[${name}](<${target(pathOf(file))}>)`
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function linkText(text: string): string {
  return onOneLine(text).replace(/[\\[\]*_`<]/g, '\\$&')
}

function target(url: string): string {
  return url.replace(/[<>\s]/g, encodeURIComponent)
}
