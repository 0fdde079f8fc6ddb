import { allHighlighted } from './markdown/highlight.ts'
import { doAllNow } from './markdown/idle.ts'
import { beginPrinting } from './printing.ts'

/** Milliseconds: whoever wants it on paper gets it then, with what is ready. */
const LONGEST_WAIT = 10_000

/**
 * Prints the page once all of it is as a reader would see it: formulas set, diagrams drawn, code in its colours. The
 * browser's own command takes its picture at once, and what is far from the screen is drawn just before.
 */
export async function printPage(): Promise<void> {
  beginPrinting()
  await Promise.race([everythingDrawn(), passed(LONGEST_WAIT)])
  window.print()
}

async function everythingDrawn(): Promise<void> {
  await allHighlighted()
  await doAllNow()
  await passed(0)
  await Promise.all(Array.from(document.images, image => image.decode().catch(() => {})))
}

function passed(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
