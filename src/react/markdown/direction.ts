const RIGHT_TO_LEFT = /[\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}\p{sc=Adlm}]/u
const WORDS = /\p{L}[\p{L}\p{M}\p{N}'’_.-]*/gu
/** Code, addresses and formulas have a direction of their own, and say nothing about the text around them. */
const APART = /(`+)[^`]+\1|\$[^$\n]+\$|\]\([^)\s]*\)|(?:https?:\/\/|www\.)\S+/g
/**
 * The share of right-to-left words that makes a text right-to-left. Right-to-left texts often contain Latin names; the
 * reverse is rare.
 */
const SHARE = 0.4

/**
 * The direction of a text that has letters of a right-to-left script. The first letter does not decide, because a line may
 * begin with code or a name. `undefined` without such letters: the browser then decides.
 */
export function directionOf(text: string): 'rtl' | 'ltr' | undefined {
  if (!RIGHT_TO_LEFT.test(text)) return undefined
  const words = text.replace(APART, ' ').match(WORDS) ?? []
  const fromRight = words.filter(word => RIGHT_TO_LEFT.test(word)).length
  return fromRight >= SHARE * words.length && fromRight > 0 ? 'rtl' : 'ltr'
}
