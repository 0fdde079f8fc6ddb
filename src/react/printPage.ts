import { allHighlighted } from './markdown/engines/highlight.ts'
import { doAllNow } from './markdown/engines/whenIdle.ts'
import { beginPrinting } from './printing.ts'

/** Milliseconds: whoever wants it on paper gets it then, with what is ready. */
const LONGEST_WAIT = 10_000

let isAsked = false

/**
 * Prints the page once all of it is as a reader would see it: formulas set, diagrams drawn, code in its colours. The
 * browser's own command takes its picture at once, and what is far from the screen is drawn just before.
 * Asked for again meanwhile, it prints once.
 */
export async function printPage(): Promise<void> {
  if (isAsked) return
  isAsked = true
  beginPrinting()
  await Promise.race([everythingDrawn(), passed(LONGEST_WAIT)])
  isAsked = false
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
