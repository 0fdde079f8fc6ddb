import katex from 'katex'
import 'katex/dist/katex.min.css'

export interface FormulaText {
  tex: string
  isDisplay: boolean
}

/** Whether a formula needs the commands of chemistry, which are fetched apart. */
export function isChemistry(tex: string): boolean {
  return /\\(?:ce|pu)\b/.test(tex)
}

/** Longer formulas stay TeX, because the cost grows faster than the length. */
const LONGEST = 4000
/** Elements within each other that a formula may have: some twenty fractions. Laying out deeper ones can crash the tab. */
const DEEPEST = 150

/**
 * Sets a formula into an empty element, node by node, never as HTML text. Returns `false` if it is broken, or nested too
 * deep.
 */
export function renderFormula(element: HTMLElement, { tex, isDisplay }: FormulaText): boolean {
  if (tex.length > LONGEST) return false
  const set = document.createElement('span')
  try {
    katex.render(tex, set, {
      displayMode: isDisplay,
      trust: false,
      strict: 'ignore',
      maxExpand: isChemistry(tex) ? 1000 : 200,
      maxSize: 20,
      throwOnError: true,
    })
  } catch {
    return false
  }
  if (isDeeperThan(set, DEEPEST)) return false
  element.replaceChildren(...set.childNodes)
  return true
}

/** Level by level, because a recursion could run out of stack. */
function isDeeperThan(root: Element, bound: number): boolean {
  let level = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > bound) return true
    level = level.flatMap(element => [...element.children])
  }
  return false
}
