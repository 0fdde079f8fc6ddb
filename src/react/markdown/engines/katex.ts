import katex from 'katex'
import 'katex/dist/katex.min.css'

export interface FormulaText {
  tex: string
  isDisplay: boolean
}

/** Longer formulas stay TeX, because the cost grows faster than the length. */
const LONGEST = 4000

/** Sets a formula into an empty element, node by node, never as HTML text. Returns `false` if it is broken. */
export function renderFormula(element: HTMLElement, { tex, isDisplay }: FormulaText): boolean {
  if (tex.length > LONGEST) return false
  try {
    katex.render(tex, element, {
      displayMode: isDisplay,
      trust: false,
      strict: 'ignore',
      maxExpand: 200,
      maxSize: 20,
      throwOnError: true,
    })
    return true
  } catch {
    element.replaceChildren()
    return false
  }
}
