import { type RefObject, useLayoutEffect } from 'react'
import { usePrinting } from '../printing.ts'

/** Ems. On paper the letters of a wider table would be too small to read, so its words are broken instead. */
const WIDEST = 120
/** Small letters are a little wider than large ones, measured in their own size. */
const SLACK = 1.03

/**
 * Before the page is printed, tells the styles how wide a table is with no word broken, because on paper nobody can scroll.
 * `--least` is that in ems, without the `--borders` in pixels.
 */
export function useFitOnPaper(ref: RefObject<HTMLTableElement | null>): void {
  const isPrinting = usePrinting()
  useLayoutEffect(() => {
    const table = ref.current
    if (!isPrinting || !table) return
    const { style } = table
    style.width = 'min-content'
    style.maxWidth = 'none'
    const borders = (table.rows[0]?.cells.length ?? 0) + 1
    const least =
      ((table.offsetWidth - borders) / Number.parseFloat(getComputedStyle(table).fontSize)) * SLACK
    style.width = ''
    style.maxWidth = ''
    // Nothing is known of a table that is folded away.
    if (least <= 0 || least > WIDEST) return
    style.setProperty('--least', least.toFixed(2))
    style.setProperty('--borders', `${borders}px`)
    table.dataset['fits'] = ''
  }, [ref, isPrinting])
}
