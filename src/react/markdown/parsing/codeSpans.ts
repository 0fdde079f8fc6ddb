/** A text, or a line of it, with a letter in the place of each character of its code spans: no mark in them means anything. */
export function withoutCode(text: string): string {
  return text.replace(/(`+)[^`]+\1/g, code => code.replace(/./g, 'a'))
}
