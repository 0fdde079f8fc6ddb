import type { Part } from '../../protocol/events.ts'
import type { ExportWords } from '../../protocol/exportMessages.ts'
import type { Message } from '../../protocol/responses.ts'

export interface MarkdownOptions {
  title: string
  /** From the root down. */
  branch: readonly Message[]
  /** Name of the assistant. */
  assistant: string
  words: ExportWords
}

/** A conversation as a Markdown document: a heading for each message, and its text as it was written. */
export function conversationMarkdown({ title, branch, assistant, words }: MarkdownOptions): string {
  const messages = branch.map(({ role, parts }) =>
    [`## ${role === 'USER' ? words.you : assistant}`, ...bodyOf(parts, words)].join('\n\n'),
  )
  return `${[`# ${onOneLine(title) || words.untitled}`, ...messages].join('\n\n')}\n`
}

/** Sources follow the text that cites them. */
function bodyOf(parts: readonly Part[], words: ExportWords): string[] {
  const sources = parts.flatMap(part =>
    part.type === 'source' ? `- [${linkText(part.title || part.url)}](<${target(part.url)}>)` : [],
  )
  return [
    ...joinBroken(parts).flatMap(part => blockOf(part, words)),
    ...(sources.length > 0 ? [`**${words.sources}**`, sources.join('\n')] : []),
  ]
}

/** A text that broke off is one text, whatever it broke off in, and what is said of that stands below it. */
function joinBroken(parts: readonly Part[]): Part[] {
  const whole: Part[] = []
  for (const part of parts) {
    const [before, between] = whole.slice(-2)
    if (part.type === 'text' && between?.type === 'break' && before?.type === 'text')
      whole.splice(-2, 2, { ...part, text: before.text + part.text }, between)
    else if (part.type !== 'break' || whole.at(-1)?.type !== 'break') whole.push(part)
  }
  return whole
}

function blockOf(part: Part, words: ExportWords): string | [] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text.trim()
    case 'reasoning':
      return quote(`**${words.reasoning}**\n\n${part.text.trim()}`)
    case 'file':
      return `**${linkText(part.name)}**\n\n${fenced(part.text)}`
    case 'break':
      return `*${words.break}*`
    case 'source':
      return []
  }
}

function quote(text: string): string {
  return text.replace(/^/gm, '> ')
}

/** A fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text.replace(/\n$/, '')}\n${fence}`
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
