import type { ExportWords } from '../../protocol/exportMessages.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Message } from '../../protocol/responses.ts'
import { untilBreak } from '../../protocol/tableBreak.ts'
import { closeLastBlock, fenced, headingsBelow, literal, literalInline } from './markdownText.ts'

export interface MarkdownOptions {
  title: string
  /** From the root down. */
  branch: readonly Pick<Message, 'role' | 'parts'>[]
  /** Name of the assistant. */
  assistant: string
  words: ExportWords
}

/**
 * Writes a conversation as a Markdown document, with a heading and the text for each message. A reply is Markdown, and
 * whatever it left open is closed before the next message. What the person wrote is no Markdown, so it is escaped.
 */
export function conversationMarkdown({ title, branch, assistant, words }: MarkdownOptions): string {
  const messages = branch.map(({ role, parts }) =>
    role === 'USER'
      ? [`## ${words.you}`, ...bodyOf(parts, { words, write: literal })].join('\n\n')
      : [`## ${literalInline(assistant)}`, ...bodyOf(parts, { words, write: reply })].join('\n\n'),
  )
  return `${[`# ${literalInline(onOneLine(title)) || words.untitled}`, ...messages].join('\n\n')}\n`
}

/** The headings of a reply stand below the heading of its message. */
function reply(text: string): string {
  return headingsBelow(closeLastBlock(text), 3)
}

interface Writing {
  words: ExportWords
  /** Turns a text into Markdown. */
  write(text: string): string
}

/** Sources follow the text, which cites them by their numbers. */
function bodyOf(parts: readonly Part[], writing: Writing): string[] {
  const sources = parts
    .filter(part => part.type === 'source')
    .map(({ title, url }, index) => `${index + 1}. [${linkText(title || url)}](<${target(url)}>)`)
  return [
    ...joinBroken(parts).flatMap(part => blockOf(part, writing)),
    ...(sources.length > 0 ? [`**${writing.words.sources}**`, sources.join('\n')] : []),
  ]
}

/**
 * Joins a text that broke off with the text that continues it, because the break may be inside a block. The note about
 * the break, and the reasoning after it, stand below the joined text.
 */
function joinBroken(parts: readonly Part[]): Part[] {
  const joined: Part[] = []
  for (const part of parts) {
    const begun = joined.findLastIndex(({ type }) => type === 'text' || type === 'refusal')
    const before = joined[begun]
    const isBroken = joined[begun + 1]?.type === 'break'
    if (part.type === 'text' && isBroken && before?.type === 'text')
      joined[begun] = { ...part, text: untilBreak(before.text, part.text) + part.text }
    else if (part.type !== 'break' || joined.at(-1)?.type !== 'break') joined.push(part)
  }
  return joined
}

function blockOf(part: Part, { words, write }: Writing): string | [] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return write(part.text)
    case 'reasoning':
      return quote(`**${words.reasoning}**\n\n${part.text.trim()}`)
    case 'file':
      return `**${linkText(part.name)}**\n\n${fenced(part.text)}`
    case 'suggestions':
      return `**${words.suggestions}**\n\n${part.questions.map(question => `- ${literalInline(onOneLine(question))}`).join('\n')}`
    case 'break':
      return `*${words.break}*`
    case 'source':
      // `bodyOf` lists them at the end.
      return []
    default:
      part satisfies never
      return []
  }
}

function quote(text: string): string {
  return text.replace(/^/gm, '> ')
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
