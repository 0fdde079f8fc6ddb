import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser, written } from '../e2e/browser.ts'
import { PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const world = shareWorld()
const lines = (count: number, line: (index: number) => string, between = '\n') =>
  Array.from({ length: count }, (_, index) => line(index)).join(between)

const PARAGRAPHS = lines(1000, index => `Parágrafo ${index}.`, '\n\n')
const LIST = lines(3200, index => `- Item ${index}.`)
const TABLE = `| a | b |\n| - | - |\n${lines(500, index => `| Linha ${index} | x |`)}`

/** The page draws a long reply bit by bit, so that it answers meanwhile. */
describe.skipIf(noBrowser)('a long reply', PATIENT, () => {
  test('is there whole after a reload, and the page stands at its end', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: [`${PARAGRAPHS}\n\n${LIST}\n\n${TABLE}\n\nFim da resposta.`] })
    await ask(page, 'Longa')
    const reply = lastReply(page)
    await reply.getByText('Fim da resposta.').waitFor()
    await written(page)
    const shown = () =>
      reply.evaluate(element => {
        const count = (selector: string) => element.querySelectorAll(selector).length
        return { paragraphs: count('.markdown > p'), items: count('li'), rows: count('tbody tr') }
      })
    // Of a longer list the rest is shown as it was written, 500 lines in a paragraph.
    const whole = { paragraphs: 1004, items: 2000, rows: 500 }
    await expect.poll(shown).toEqual(whole)
    await page.reload()
    await expect.poll(shown, { timeout: 15_000 }).toEqual(whole)
    const items = (await reply.innerText()).match(/Item \d+\./g)
    expect(items).toEqual(Array.from({ length: 3200 }, (_, index) => `Item ${index}.`))
    await expect
      .poll(() =>
        page.evaluate(() => {
          const [last] = [...document.querySelectorAll('.markdown > p')].slice(-1)
          const { top, bottom } = last?.getBoundingClientRect() ?? { top: -1, bottom: -1 }
          return top >= 0 && bottom <= innerHeight
        }),
      )
      .toBe(true)
    expect(faults).toEqual([])
  })
})
