import { copyFormulasAsTex } from '../../../browser/copiedText.ts'
import { isPrinting } from '../../printing.ts'
import type { FormulaText } from './katex.ts'
import { whenIdle } from './whenIdle.ts'

type Render = typeof import('./katex.ts').renderFormula

/** Milliseconds of one task that formulas may take, because they hold up what the page shows next. */
const LONGEST_AT_ONCE = 8

let render: Render | null = null
let spent = 0

/** Loads what sets formulas. */
export function loadSetter(): void {
  if (!render) whenIdle(async () => void (await loadedRender()))
}

/**
 * Sets a formula into an empty element: at once if there is time in this task, or if the page is being printed, and
 * otherwise when the page is idle. `onSet` learns whether the formula could be set. The result cancels it.
 */
export function setFormula(
  element: HTMLElement,
  formula: FormulaText,
  onSet: (isSet: boolean) => void,
): () => void {
  if (render && (spent < LONGEST_AT_ONCE || isPrinting())) {
    onSet(setAtOnce(render, element, formula))
    return () => {}
  }
  const signal = new AbortController()
  whenIdle(async () => {
    const set = await loadedRender()
    if (!signal.signal.aborted) onSet(set(element, formula))
  })
  return () => signal.abort()
}

function setAtOnce(set: Render, element: HTMLElement, formula: FormulaText): boolean {
  const start = performance.now()
  const isSet = set(element, formula)
  if (spent === 0) setTimeout(() => (spent = 0))
  spent += performance.now() - start
  return isSet
}

async function loadedRender(): Promise<Render> {
  const { renderFormula } = await import('./katex.ts')
  if (!render) document.addEventListener('copy', copyFormulasAsTex)
  render = renderFormula
  return render
}
