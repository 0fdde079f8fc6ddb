/** A text without case and accents, as it is compared. */
export function folded(text: string): string {
  // Nearly every word, and a quarter of the work.
  if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase()
  return text
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
}
