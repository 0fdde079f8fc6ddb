import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser, written } from '../e2e/browser.ts'
import { PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const nested = (begin: string, end: string, times: number) => `${begin.repeat(times)}x${end.repeat(times)}`

const FORMULAS = [nested('x_{', '}', 150), nested('\\frac{1}{', '}', 150), nested('\\sqrt{', '}', 400)]
const REPLY = [
  ...FORMULAS.map(tex => `$$${tex}$$`),
  `$$${nested('x_{', '}', 12)}$$`,
  `${'> '.repeat(300)}citação`,
  Array.from({ length: 120 }, (_, depth) => `${'  '.repeat(depth)}- lista`).join('\n'),
  `${Array.from({ length: 60 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n')}\n${'  '.repeat(60)}| a |\n${'  '.repeat(60)}|---|`,
  nested('<sub>', '</sub>', 300),
  `\`\`\`mermaid\ngraph TD\n${nested('subgraph a\n', '\nend', 300)}\n\`\`\``,
  'Fim.',
].join('\n\n')

const world = shareWorld()

describe.skipIf(noBrowser)('what is nested too deep to be drawn', PATIENT, () => {
  test('is shown as it was written, and the page goes on', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: REPLY.match(/[\s\S]{1,400}/g) ?? [] })
    await ask(page, 'Fundo')
    const reply = lastReply(page)
    await reply.getByText('Fim.').waitFor()
    await written(page)
    await reply.locator('.katex').waitFor()
    await expect.poll(() => reply.locator('.formula > code:not(.unset)').allTextContents()).toEqual(FORMULAS)
    await page.reload()
    await reply.locator('.katex').waitFor()
    expect(await reply.locator('.katex').count()).toBe(1)
    const deepest = await reply.evaluate(element => {
      let level: Element[] = [element]
      let depth = 0
      for (; level.length > 0; depth++) level = level.flatMap(({ children }) => [...children])
      return depth
    })
    expect(deepest).toBeLessThan(250)
    expect(faults).toEqual([])
  })
})
