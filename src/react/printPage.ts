import { doAllNow } from './markdown/engines/whenIdle.ts'
import { beginPrinting } from './printing.ts'

/** Milliseconds after which the page is printed with what is ready. */
const LONGEST_WAIT = 10_000

let isAsked = false

/**
 * Prints the page once all of it is drawn: formulas, diagrams, coloured code and pictures, also far from the screen. The browser's own
 * print command does not wait for that. While it waits, further calls do nothing.
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
  await doAllNow()
  await passed(0)
  await Promise.all(Array.from(document.images, image => image.decode().catch(() => {})))
}

function passed(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
