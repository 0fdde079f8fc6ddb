/** A fence of backticks that is longer than any in `text`, so that the text cannot end it. */
export function codeFenceFor(text: string): string {
  let longest = 2
  for (const [ticks] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, ticks.length)
  return '`'.repeat(longest + 1)
}
