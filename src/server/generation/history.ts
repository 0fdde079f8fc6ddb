import { type Part, textOf } from '../../protocol/events.ts'

/** What a provider is told of a message: its text, then each attached file between fences that bear its name. */
export function toldText(parts: readonly Part[]): string {
  const files = parts.flatMap(part => (part.type === 'file' ? fenced(part) : []))
  return [textOf(parts), ...files].filter(Boolean).join('\n\n')
}

/** The fence is longer than any in the text, so that the text cannot end it. */
function fenced({ name, text }: { name: string; text: string }): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${name.replace(/[\s\p{Cc}`]+/gu, ' ').trim()}\n${text}\n${fence}`
}
