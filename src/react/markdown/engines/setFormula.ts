import { copyFormulasAsTex } from '../../../browser/clipboardFormats.ts'
import { isPrinting } from '../../printing.ts'
import type { FormulaText } from './katex.ts'
import { whenIdle } from './whenIdle.ts'

type Setter = typeof import('./katex.ts')

/** Milliseconds of one task that formulas may take, because they hold up what the page shows next. */
const LONGEST_AT_ONCE = 8

let setter: Setter | null = null
let hasChemistry = false
let spent = 0

/** Loads what sets formulas. */
export function loadSetter(): void {
  if (!setter) whenIdle(async () => void (await loadedSetter()))
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
  if (setter && canSet(setter, formula) && (spent < LONGEST_AT_ONCE || isPrinting())) {
    onSet(setAtOnce(setter, element, formula))
    return () => {}
  }
  const signal = new AbortController()
  whenIdle(async () => {
    const loaded = await loadedFor(formula).catch(() => null)
    if (!signal.signal.aborted) onSet(loaded?.renderFormula(element, formula) ?? false)
  })
  return () => signal.abort()
}

function setAtOnce(loaded: Setter, element: HTMLElement, formula: FormulaText): boolean {
  const start = performance.now()
  const isSet = loaded.renderFormula(element, formula)
  if (spent === 0) setTimeout(() => (spent = 0))
  spent += performance.now() - start
  return isSet
}

async function loadedSetter(): Promise<Setter> {
  setter ??= await import('./katex.ts')
  document.addEventListener('copy', copyFormulasAsTex)
  return setter
}

/** Fetches the commands of chemistry too, if the formula has one. */
async function loadedFor(formula: FormulaText): Promise<Setter> {
  const loaded = await loadedSetter()
  if (canSet(loaded, formula)) return loaded
  await import('./mhchem.ts')
  hasChemistry = true
  return loaded
}

function canSet(loaded: Setter, { tex }: FormulaText): boolean {
  return hasChemistry || !loaded.isChemistry(tex)
}
