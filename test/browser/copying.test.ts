import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { converse, lastReply, noBrowser } from '../e2e/browser.ts'
import { soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const ANSWER = `Veja **isto** e $a^2$:

| mês | valor |
| --- | ---: |
| maio, junho | $x_1$ |
| julho | [dez](https://example.com/?a=1&b=2) |

$$
E = mc^2
$$
`

const world = shareWorld()

/** What is on the clipboard, by type. */
function clipboard(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const [item] = await navigator.clipboard.read()
    const read = async (type: string) => [type, await (await item?.getType(type))?.text()]
    return Object.fromEntries(await Promise.all((item?.types ?? []).map(read)))
  })
}

describe.skipIf(noBrowser)('copying', () => {
  test('a reply is Markdown and rich text, a table also CSV, and a selected formula is its TeX, once', async () => {
    const { page, context, faults } = await world.visit()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await converse(page, world, { question: 'Mostre', answer: ANSWER, seen: 'maio, junho' })
    const reply = lastReply(page)
    await reply.locator('.katex').nth(2).waitFor({ state: 'attached' })

    await reply.getByRole('button', { name: 'Copiar', exact: true }).click()
    await soon(async () => (await clipboard(page))['text/plain']).toBe(ANSWER)
    const html = (await clipboard(page))['text/html'] ?? ''
    expect(html).toContain('<strong>isto</strong>')
    expect(html).toMatch(/<table[^>]*>.*<t[dh][^>]*>maio, junho<\/t[dh]>.*<\/table>/s)
    expect(html).toContain('href="https://example.com/?a=1&amp;b=2"')
    expect(html).toContain('$x_1$')
    expect(html).toContain('$$E = mc^2$$')
    expect(html).not.toMatch(/class=|<button|<svg|data-/)

    await reply.getByRole('button', { name: 'Copiar tabela como CSV' }).click()
    await soon(async () => (await clipboard(page))['text/plain']).toBe(
      'mês,valor\r\n"maio, junho",$x_1$\r\njulho,dez\r\n',
    )

    const selected = await reply.evaluate(row => {
      const text = row.querySelector('[data-reply-text]')
      if (text) document.getSelection()?.selectAllChildren(text)
      const data = new DataTransfer()
      const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true })
      text?.dispatchEvent(event)
      return { text: data.getData('text/plain'), isOurs: event.defaultPrevented }
    })
    expect(selected).toEqual({
      text: 'Veja isto e $a^2$:\n\nmês\tvalor\nmaio, junho\t$x_1$\njulho\tdez\n\n$$E = mc^2$$',
      isOurs: true,
    })
    expect(faults).toEqual([])
  })
})
