import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const GROWING = `Um

1. Seja $a^2$ dado.
2. Então $c = 1$.

   \`\`\`js
   const a = 1
   const b = 2
   \`\`\`
3. Fim com $d$ e mais.

Depois do texto, $x^2$ dentro.

| a | b |
|---|---|
| $x$ | $y$ |

> citação $q^2$ longa
>
> \`\`\`js
> const c = 3
> \`\`\`

Texto com $z$ no fim.

Fim.`

interface Frame {
  set: number
  /** Formulas whose TeX can be seen. */
  asTex: number
  coloured: number
  /** How many lines of code are in fences that are closed. */
  closed: number
  removed: string[]
}

/** In each frame until the reply has ended: what of it is set and coloured, and what was taken away. */
function watchUntilEnd(reply: Element): Promise<Frame[]> {
  const removed: string[] = []
  new MutationObserver(records => {
    for (const { removedNodes } of records)
      for (const node of removedNodes)
        if (/^(?:P|OL|UL|LI|BLOCKQUOTE|TABLE|PRE)$/.test(node.nodeName)) removed.push(node.nodeName)
  }).observe(reply.querySelector('.markdown') ?? reply, { childList: true, subtree: true })
  const frames: Frame[] = []
  return new Promise(resolve => {
    const look = () => {
      const count = (selector: string) => reply.querySelectorAll(selector).length
      const text = reply.querySelector('.markdown')?.textContent ?? ''
      frames.push({
        set: count('.formula .katex'),
        asTex: count('.formula > code:not(.unset)'),
        coloured: count('.hljs-keyword'),
        closed: text.includes('const c = 3') ? 3 : text.includes('const b = 2') ? 2 : 0,
        removed: [...removed],
      })
      const isOver = text.includes('Fim.') && count('.hljs-keyword') === 3
      if (isOver) resolve(frames)
      else requestAnimationFrame(look)
    }
    look()
  })
}

/** Every script that the page has asked for, as one text. */
async function scriptsOf(page: Page): Promise<string> {
  const names = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter(name => name.includes('.js')),
  )
  const texts = await Promise.all(names.map(async url => (await fetch(url)).text()))
  expect(texts.length).toBeGreaterThan(2)
  return texts.join('')
}

const world = shareWorld()

describe.skipIf(noBrowser)('a reply in Markdown', () => {
  test('that grows never shows syntax, and what is complete stays the same element', async () => {
    const { page, faults } = await world.visit()
    const gate = world.upstream.hold({
      tokens: [
        'Um **for',
        'te** fim.\n\n',
        '```js\nlet a',
        ' = 1\n',
        '```\n\n',
        'Veja [o gu',
        'ia](https://example.com).',
      ],
    })
    await ask(page, 'Oi')
    const markdown = lastReply(page).locator('.markdown')
    await gate.next()
    await markdown.getByText('for', { exact: true }).waitFor()
    expect(await markdown.innerText()).toBe('Um for')
    await gate.next(2)
    await markdown.locator('pre', { hasText: 'let a' }).waitFor()
    await markdown
      .locator('p')
      .first()
      .evaluate(element => element.setAttribute('data-kept', ''))
    await markdown.locator('pre').evaluate(element => element.setAttribute('data-kept', ''))
    await gate.next(3)
    await markdown.getByText('Veja o gu').waitFor()
    expect(await markdown.innerText()).not.toContain('[')
    gate.open()
    await markdown.getByRole('link', { name: 'o guia' }).waitFor()
    await markdown.locator('.hljs-keyword').waitFor()
    expect(await markdown.locator('[data-kept]').count()).toBe(2)
    expect(faults).toEqual([])
  })

  test('that grows keeps formulas set, colours on, and elements where they are, in every frame', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: ['Antes: $a$ e\n\n```js\nlet a = 1\n```\n\nPronto.'] })
    await ask(page, 'Oi')
    await lastReply(page).locator('.katex').waitFor()
    await lastReply(page).locator('.hljs-keyword').waitFor()
    world.upstream.replyOnce({ tokens: GROWING.match(/[\s\S]{1,4}/g) ?? [], delayMs: 12 })
    await ask(page, 'Mais')
    await page.getByText('Um', { exact: true }).waitFor()
    const frames = await lastReply(page).evaluate(watchUntilEnd)
    expect(frames.length).toBeGreaterThan(20)
    expect(frames.filter(({ asTex }) => asTex > 0)).toEqual([])
    expect(frames.filter(({ coloured, closed }) => coloured > closed)).toEqual([])
    for (const kind of ['set', 'coloured'] as const) {
      const counts = frames.map(frame => frame[kind])
      expect(counts).toEqual(counts.toSorted((one, other) => one - other))
    }
    expect(frames.at(-1)).toMatchObject({ set: 8, coloured: 3, removed: [] })
    expect(faults).toEqual([])
  })

  test('has its reasoning drawn while that grows, once it is unfolded', async () => {
    const { page, faults } = await world.visit()
    const gate = world.upstream.hold({ reasoning: ['Um **for', 'te** e\n\n- it', 'em'], tokens: ['Fim.'] })
    await ask(page, 'Oi')
    await gate.next()
    await lastReply(page).locator('summary').click()
    const reasoning = lastReply(page).locator('details .markdown')
    await reasoning.locator('strong', { hasText: 'for' }).waitFor()
    await gate.next()
    await reasoning.locator('li', { hasText: 'it' }).waitFor()
    expect(await reasoning.innerText()).not.toMatch(/[*-]/)
    gate.open()
    await lastReply(page).getByText('Fim.').waitFor()
    expect(faults).toEqual([])
  })

  test('gets what draws a diagram while that is written, and its head stays as high as it was', async () => {
    const { page, faults } = await world.visit()
    const gate = world.upstream.hold({ tokens: ['```mermaid\ngraph TD\n', '  A --> B\n', '```\n\n', 'Fim.'] })
    await ask(page, 'Oi')
    await gate.next(2)
    const head = lastReply(page).locator('.code-head')
    const heights = [(await head.boundingBox())?.height]
    await expect.poll(async () => (await scriptsOf(page)).includes('flowchart-elk')).toBe(true)
    gate.open()
    await lastReply(page).getByText('Fim.').waitFor()
    heights.push((await head.boundingBox())?.height)
    await lastReply(page).locator('.diagram img').waitFor()
    heights.push((await head.boundingBox())?.height)
    expect(new Set(heights).size).toBe(1)
    expect(faults).toEqual([])
  })

  test('asks for nothing of its tools before there is use for them', async () => {
    const { page } = await world.visit()
    const scripts = await scriptsOf(page)
    for (const mark of ['KaTeX parse error', 'flowchart-elk', 'case_insensitive'])
      expect(scripts).not.toContain(mark)
  })
})
