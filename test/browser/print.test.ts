import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  ask,
  conversation,
  converse,
  lastReply,
  messageField,
  noBrowser,
  paste,
  written,
} from '../e2e/browser.ts'
import { PATIENT, soon } from '../e2e/page.ts'
import { seed } from '../e2e/seed.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const ANSWER = 'O **Amazonas** é o maior.'
const TALK = { question: 'Quais são os maiores rios?', answer: ANSWER, seen: 'é o maior.' }

const world = shareWorld()

describe.skipIf(noBrowser)('a conversation on paper', PATIENT, () => {
  test('printed, a conversation is all of its messages and nothing around them', async () => {
    const { page } = await world.visit()

    for (let turn = 0; turn < 8; turn++) await converse(page, world, TALK)
    await page.evaluate(() => {
      window.print = () => window.dispatchEvent(new Event('beforeprint'))
    })
    await page
      .getByRole('button', { name: /^Opções:/ })
      .last()
      .click()
    await page.getByRole('menuitem', { name: 'Imprimir ou salvar em PDF' }).click()
    await page.emulateMedia({ media: 'print' })
    await soon(() => page.locator('strong', { hasText: 'Amazonas' }).count()).toBe(8)
    for (const around of [page.getByRole('searchbox'), messageField(page)]) {
      expect(await around.isVisible()).toBe(false)
    }
    const pdf = (await page.pdf({ width: '10cm', height: '10cm' })).toString('latin1')
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(1)
  })

  test('printed, a long paste is there to its last line, also in a copy', async () => {
    const { page, faults } = await world.visit()
    const pasted = Array.from({ length: 60 }, (_, index) => `linha ${index}`).join('\n')
    await paste(page, pasted)
    await converse(page, world, TALK)
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await page.getByRole('button', { name: 'Criar link' }).press('Enter')
    const address = await page.getByLabel('Endereço do link').inputValue()
    for (const path of [page.url(), address]) {
      await page.goto(path)
      const text = page.locator('details > :not(summary)')
      await text.waitFor({ state: 'attached' })
      expect(await text.isVisible()).toBe(false)
      await page.emulateMedia({ media: 'print' })
      expect(await text.isVisible()).toBe(true)
      expect(await text.innerText()).toBe(pasted)
      expect(await text.evaluate(box => box.scrollHeight - box.clientHeight)).toBe(0)
      await page.emulateMedia({ media: null })
    }
    expect(faults).toEqual([])
  })

  test('printed from a dark screen, a reply is dark on light, whole, and tells where its links lead', async () => {
    const { page } = await world.visit({ colorScheme: 'dark' })
    world.upstream.replyOnce({
      reasoning: ['Pensei nisto.'],
      tokens: [PRINTED],
      sources: [{ url: 'https://example.com/foz', title: 'A foz' }],
    })
    await ask(page, 'Como se imprime?')
    await page.getByRole('button', { name: 'Detalhes da resposta' }).waitFor()
    await page.setViewportSize({ width: 600, height: 900 })
    for (const theme of ['system', 'dark']) {
      await page.evaluate(theme => {
        if (theme === 'dark') document.documentElement.dataset['theme'] = theme
        window.dispatchEvent(new Event('beforeprint'))
      }, theme)
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      expect(await printedColours(page)).toEqual({ text: 'rgb(23, 33, 31)', page: 'rgb(250, 249, 245)' })
    }
    expect(await cutOff(page)).toEqual([])
    expect(await brokenWords(page)).toEqual([])
    await conversation(page).getByText('Pensei nisto.').waitFor()
    expect(await page.getByRole('button').and(page.locator(':visible')).allInnerTexts()).toEqual([
      'gato – example.com',
    ])
    const shown = (selector: string) =>
      page
        .locator(selector)
        .evaluateAll(links => links.map(link => getComputedStyle(link, '::after').content))
    expect(await shown('a[href="https://example.com/delta"]')).toEqual(['" (https://example.com/delta)"'])
    expect(await shown('li li a[href="https://example.com/foz"]')).toEqual(['" (https://example.com/foz)"'])
    expect(await shown('.citation')).toEqual(['none'])
    expect(await shown('.image')).toEqual(['" (https://example.com/gato.png)"'])
  })

  test('a page that is printed is drawn whole', async () => {
    const { page } = await world.visit()
    world.upstream.replyOnce({ tokens: ['Início.'] })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Início.').waitFor()
    await written(page)
    seed(world, new URL(page.url()).pathname.slice('/c/'.length), 60)
    await page.reload()
    await lastReply(page).getByText('Resposta 29').waitFor()
    const all = conversation(page).locator('> ol > li')
    const drawn = conversation(page).locator('> ol > li[data-drawn]')
    expect(await drawn.count()).toBeLessThan(62)
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
    expect(await drawn.count()).toBe(await all.count())
    await page.evaluate(() => dispatchEvent(new Event('afterprint')))
    await soon(() => drawn.count()).toBeLessThan(62)
  })

  test('what is far from the screen goes to paper as a reader would see it', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: [DRAWN] })
    await ask(page, 'Como se escreve isto?')
    await page.getByRole('button', { name: 'Detalhes da resposta' }).waitFor()
    world.upstream.replyOnce({ tokens: [FILLING] })
    await ask(page, 'E o resto?')
    await page.getByRole('button', { name: 'Detalhes da resposta' }).nth(1).waitFor()
    for (let turn = 0; turn < 2; turn++) await converse(page, world, TALK)
    await page.reload()
    await lastReply(page).getByText('é o maior.').waitFor()
    await soon(() => onPaper(page)).toEqual({ formulas: 0, sources: 0, diagrams: 0, coloured: 0 })
    const sheets = await page.evaluateHandle(() => {
      const sheets: string[] = []
      window.print = () => sheets.push(document.title)
      return sheets
    })
    await page.keyboard.press('Control+p')
    await page.keyboard.press('Control+p')
    await soon(() => sheets.evaluate(({ length }) => length)).toBe(1)
    expect(await onPaper(page)).toEqual({ formulas: FORMULAS, sources: 0, diagrams: 1, coloured: 1 })
    await page.evaluate(() => {
      document.title = 'another time'
    })
    await page.keyboard.press('Control+p')
    await soon(() => sheets.evaluate(titles => titles.at(-1))).toBe('another time')
    expect(await sheets.evaluate(({ length }) => length)).toBe(2)
    expect(faults).toEqual([])
  })
})

const FORMULAS = 40
const DRAWN = `${'$$\\int_0^1 \\frac{x^2}{\\sqrt{1 + x}} \\, dx$$\n\n'.repeat(FORMULAS)}

\`\`\`mermaid
graph TD
  Nascente --> Foz
\`\`\`

\`\`\`ts
const vazao = 3
\`\`\``

const FILLING = 'Um parágrafo que enche a tela.\n\n'.repeat(120)

/** What of the first reply is drawn by now. */
function onPaper(page: Page) {
  return page.evaluate(() => ({
    formulas: document.querySelectorAll('.formula .katex').length,
    sources: document.querySelectorAll('.formula > code').length,
    diagrams: [...document.querySelectorAll<HTMLImageElement>('.diagram img')].filter(
      image => image.complete && image.naturalWidth > 0,
    ).length,
    coloured: document.querySelectorAll('.code .hljs-keyword').length,
  }))
}

const LONG = 'uma linha muito comprida que passa da largura do papel '.repeat(6)
const PRINTED = `Texto com [um delta](https://example.com/delta) e uma fonte [1].

\`\`\`ts
const linha = '${LONG}'
\`\`\`

| rio | foz | ${'coluna | '.repeat(12)}
|---|---|${'---|'.repeat(12)}
| Amazonas | Atlântico | ${'comprimento | '.repeat(12)}

| rio | descrição | comprimento |
|---|---|---|
| Amazonas | ${LONG} | incomparavelmente |

![gato](https://example.com/gato.png)`

/** The colours of the text of a reply and of the paper below it. */
function printedColours(page: Page) {
  return page.evaluate(() => ({
    text: getComputedStyle(document.querySelector('.markdown pre') as Element).color,
    page: getComputedStyle(document.body).backgroundColor,
  }))
}

/** The words of tables that stand on two lines. */
function brokenWords(page: Page) {
  return page.evaluate(() => {
    const broken: string[] = []
    for (const cell of document.querySelectorAll('.markdown :is(th, td)')) {
      const text = cell.firstChild
      if (!(text instanceof Text)) throw new Error('a cell is not drawn')
      for (const { 0: word, index } of text.data.matchAll(/\S+/g)) {
        const range = document.createRange()
        range.setStart(text, index)
        range.setEnd(text, index + word.length)
        if (range.getClientRects().length > 1) broken.push(word)
      }
    }
    return broken
  })
}

/** What of a reply is wider than its place, and so not seen whole on paper. */
function cutOff(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('.markdown pre, .markdown .table')]
      .filter(box => box.scrollWidth > box.clientWidth)
      .map(({ className, tagName, scrollWidth }) => `${tagName} ${className} ${scrollWidth}`),
  )
}
