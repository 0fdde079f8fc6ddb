import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, noBrowser } from '../e2e/browser.ts'
import { soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const REPLY = `## Título

Um [link](https://example.com), $E = mc^2$, a água $\\ce{H2O}$, R$ 5 e R$ 10, e uma nota[^1]. Ver [1].

- [x] feita
- [ ] por fazer

| a | b |
|---|---|
| 1 | **2** |

\`\`\`ts
// soma
export const sum = (a: number, text = 'x') => a + 1.5
\`\`\`

\`\`\`mermaid
graph TD
  A[Nascente] --> B[Foz]
\`\`\`

$$
\\frac{1}{2}
$$

$$
\\frac{1}{
$$

![um gato](https://example.com/gato.png)

[^1]: A nota.

Fim.`

/** A colour token of the page, as the browser understands it. */
function colourOf(page: Page, token: string): Promise<string> {
  return page.evaluate(name => {
    const probe = document.body.appendChild(document.createElement('i'))
    probe.style.color = `var(${name})`
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }, token)
}

/** The source of a picture, with its colours as the browser writes them. */
async function pictureColours(picture: Locator): Promise<string> {
  const source = decodeURIComponent((await picture.getAttribute('src')) ?? '')
  return source
    .replace(/rgb\((\d+),\s*(\d+),\s*(\d+)\)/g, 'rgb($1, $2, $3)')
    .replace(/#([\da-f]{6})\b/gi, (_, hex) => {
      const [red, green, blue] = [0, 2, 4].map(at => Number.parseInt(hex.slice(at, at + 2), 16))
      return `rgb(${red}, ${green}, ${blue})`
    })
}

function directionOf(locator: Locator): Promise<string> {
  return locator.evaluate(element => getComputedStyle(element).direction)
}

/** At which side of its box each text stands that does not fill it. */
function sidesOfTexts(markdown: Element): Record<string, string> {
  const boxes = [...markdown.querySelectorAll('p, h3, li, td, th')].filter(
    box => !box.querySelector('.formula'),
  )
  const sides = boxes.map(box => {
    const range = document.createRange()
    range.selectNodeContents(box)
    const [text, around] = [range.getBoundingClientRect(), box.getBoundingClientRect()]
    const shift = around.right - text.right - (text.left - around.left)
    return [box.textContent ?? '', Math.abs(shift) < 1 ? '' : shift > 0 ? 'left' : 'right']
  })
  return Object.fromEntries(sides.filter(([, side]) => side !== ''))
}

const tokensOf = (text: string) => text.match(/[\s\S]{1,9}/g) ?? []

const world = shareWorld()

describe.skipIf(noBrowser)('a reply in Markdown', () => {
  test('code that is wider than its box has a shade at the edge, and its lines can be wrapped', async () => {
    const { page, faults } = await world.visit({ width: 390, height: 844 })
    world.upstream.replyOnce({ tokens: [`\`\`\`ts\nconst rio = '${'água '.repeat(40)}'\n\`\`\``] })
    await ask(page, 'Oi')
    const code = lastReply(page).locator('pre')
    const wrap = lastReply(page).getByRole('button', { name: 'Quebrar linhas' })
    const hidden = () => code.evaluate(box => box.scrollWidth - box.clientWidth)
    await soon(hidden).toBeGreaterThan(100)
    const shades = await code.evaluate(box => {
      const { backgroundImage, backgroundAttachment } = getComputedStyle(box)
      return [backgroundImage.match(/linear-gradient/g)?.length, backgroundAttachment]
    })
    expect(shades).toEqual([4, 'local, local, scroll, scroll'])
    await wrap.press('Enter')
    expect(await hidden()).toBe(0)
    expect(await wrap.getAttribute('aria-pressed')).toBe('true')
    await wrap.press('Enter')
    expect(await hidden()).toBeGreaterThan(100)
    expect(faults).toEqual([])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has code in colours, formulas and diagrams, and axe finds nothing wrong, in ${colorScheme}`, async () => {
      const { page, faults } = await world.visit({ colorScheme })
      world.upstream.reply({ tokens: tokensOf(REPLY) })
      await ask(page, 'Oi')
      const reply = lastReply(page)
      await reply.getByText('Fim.').waitFor()
      await reply.locator('.hljs-keyword', { hasText: 'export' }).waitFor()
      await reply.locator('.katex').nth(1).waitFor()
      await reply.locator('.katex', { hasText: '\\ce{H2O}' }).waitFor()
      await soon(() => reply.locator('.formula code').allTextContents()).toEqual(['\\frac{1}{'])
      const diagram = reply.getByRole('img', { name: /^Diagrama: graph TD/ })
      await diagram.waitFor()
      expect(await diagram.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(20)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)).toEqual(
        [],
      )
      expect(await pictureColours(diagram)).toContain(await colourOf(page, '--sidebar'))
      expect(await pictureColours(diagram)).toContain(await colourOf(page, '--text'))
      await reply.getByRole('button', { name: 'Ver código' }).click()
      await reply.getByText('A[Nascente] --> B[Foz]').waitFor()
      expect(faults).toEqual([])
    })
  }

  test('lets its code be copied, its notes be followed, and its images be opened elsewhere at the second click', async () => {
    const { page, context, faults } = await world.visit()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    world.upstream.reply({ tokens: tokensOf(REPLY) })
    await ask(page, 'Oi')
    const reply = lastReply(page)
    await reply.getByText('Fim.').waitFor()
    await reply.getByRole('button', { name: 'Copiar código' }).first().click()
    await reply.getByText('Código copiado').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      "// soma\nexport const sum = (a: number, text = 'x') => a + 1.5",
    )

    const address = page.url()
    const reference = reply.getByRole('link', { name: 'Nota 1', exact: true })
    await reference.click()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('A nota.')
    await reply.getByRole('link', { name: 'Voltar ao texto da nota 1' }).click()
    expect(await reference.evaluate(link => link === document.activeElement)).toBe(true)
    expect(page.url()).toBe(address)

    const image = reply.getByRole('button', { name: /um gato/ })
    await image.click()
    await reply.getByText('https://example.com/gato.png').waitFor()
    const open = reply.getByRole('link', { name: 'Abrir em outra aba' })
    expect(await open.getAttribute('href')).toBe('https://example.com/gato.png')
    expect(await open.getAttribute('target')).toBe('_blank')
    expect(faults).toEqual([])
  })

  test('is the same after a reload as it was when it had arrived', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: tokensOf(REPLY) })
    await ask(page, 'Oi')
    const reply = lastReply(page)
    const settled = async () => {
      await reply.locator('.diagram img').waitFor()
      await reply.locator('.katex').nth(1).waitFor()
      await reply.locator('.hljs-keyword').first().waitFor()
      const html = await reply.locator('.markdown').innerHTML()
      return html.replace(/_r_\w+_/g, 'id')
    }
    const arrived = await settled()
    await page.reload()
    expect(await settled()).toBe(arrived)
    expect(faults).toEqual([])
  })

  test('has its diagram in the colours of the page, also when they change', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['```mermaid\ngraph TD\n  A --> B\n```\n\nFim.'] })
    await ask(page, 'Oi')
    const diagram = lastReply(page).locator('.diagram img')
    await diagram.waitFor()
    const light = await colourOf(page, '--text')
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(() => colourOf(page, '--text')).not.toBe(light)
    await expect.poll(() => pictureColours(diagram)).toContain(await colourOf(page, '--text'))
    await page.evaluate(() => {
      document.documentElement.dataset['contrast'] = 'high'
    })
    await expect.poll(() => pictureColours(diagram)).toContain('rgb(0, 0, 0)')
    expect(faults).toEqual([])
  })

  test('is laid out in the direction of what it says, line by line', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({
      tokens: tokensOf(
        'مرحبا بك في **النهر**.\n\nOlá **você**.\n\n- بند $x + 1$ واحد\n- Um item\n\n> اقتباس\n\n| اسم | Valor |\n|---|---|\n| ماء | dois |\n\n## عنوان\n\n- item latino\n\n```ts\nlet a = 1\n```\n\nFim.',
      ),
    })
    await page.getByRole('textbox').fill('سؤال')
    expect(await directionOf(page.getByRole('textbox'))).toBe('rtl')
    await ask(page, 'سؤال عن الماء')
    const reply = lastReply(page)
    await reply.getByText('Fim.').waitFor()
    await reply.locator('.katex').waitFor()
    expect(await directionOf(conversation(page).getByText('سؤال عن الماء'))).toBe('rtl')
    const sides = await reply.locator('.markdown').evaluate(sidesOfTexts)
    expect(sides).toEqual({
      'مرحبا بك في النهر.': 'right',
      'Olá você.': 'left',
      اقتباس: 'right',
      ماء: 'right',
      dois: 'left',
      عنوان: 'right',
      'item latino': 'left',
      'Um item': 'right',
      'Fim.': 'left',
    })
    const directions = (selector: string) =>
      reply
        .locator(selector)
        .evaluateAll(elements => elements.map(element => getComputedStyle(element).direction))
    expect(await directions('ul')).toEqual(['rtl', 'ltr'])
    expect(await directions('blockquote, table')).toEqual(['rtl', 'rtl'])
    expect(await directions('.katex, pre')).toEqual(['ltr', 'ltr'])
    expect(faults).toEqual([])
  })
})
