import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, messageField, noBrowser } from '../e2e/browser.ts'
import { expectAccessible } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const world = shareWorld()
const chips = (page: Page) => page.getByRole('list', { name: 'Anexos' })
const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })

/** Drops a file on the title of the page, or pastes it where one writes. */
function hand(page: Page, how: 'drop' | 'paste', name: string, text: string): Promise<void> {
  return page.evaluate(
    ({ how, name, text }) => {
      const data = new DataTransfer()
      data.items.add(new File([text], name, { type: 'text/plain' }))
      const common = { bubbles: true, cancelable: true }
      const place = document.querySelector(how === 'drop' ? 'h1' : '[data-composer]')
      if (how === 'paste')
        place?.dispatchEvent(new ClipboardEvent('paste', { ...common, clipboardData: data }))
      else
        for (const type of ['dragover', 'drop'])
          place?.dispatchEvent(new DragEvent(type, { ...common, dataTransfer: data }))
    },
    { how, name, text },
  )
}

describe.skipIf(noBrowser)('attaching texts', () => {
  test('a text is attached by the button, by dropping it anywhere and by pasting its file, and is sent', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Li tudo.'] })
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Anexar textos' }).click()
    await (await chooser).setFiles([file('gastos.csv', 'mês;valor'), file('notas.md', '# Notas')])
    await chips(page).getByText('notas.md').waitFor()
    await hand(page, 'drop', 'notas.md', 'outras')
    await chips(page).getByText('notas (2).md').waitFor()
    expect(await page.locator('[data-drop]').count()).toBe(0)
    await hand(page, 'paste', 'log.txt', 'linha um')
    await chips(page).getByText('log.txt').waitFor()
    await expectAccessible(page, 'attached')
    await ask(page, 'Resuma')
    await lastReply(page).getByText('Li tudo.').waitFor()
    await conversation(page).getByText('gastos.csv').waitFor()
    const sent = JSON.stringify(world.upstream.requests[0]?.body)
    for (const text of ['mês;valor', '# Notas', 'outras', 'linha um']) expect(sent).toContain(text)
    expect(faults).toEqual([])
  })

  test('what cannot be attached says so in a sentence, and the rest is', async () => {
    const { page, faults } = await world.visit()
    const input = page.locator('[data-attach]')
    const picture = { ...file('foto.png', ''), buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1]) }
    await input.setInputFiles([picture, file('a.txt', 'um'), file('grande.txt', 'a'.repeat(1_100_000))])
    await page.getByText('“foto.png” não é texto.', { exact: false }).waitFor()
    await page.getByText('“grande.txt” é grande demais', { exact: false }).waitFor()
    await chips(page).getByText('a.txt').waitFor()
    await input.setInputFiles(Array.from({ length: 11 }, (_, index) => file(`${index}.txt`, 'x')))
    await page.getByText('“10.txt” não coube', { exact: false }).waitFor()
    expect(await page.getByText('foto.png').count()).toBe(0)
    expect(await chips(page).getByRole('listitem').count()).toBe(10)
    expect(await messageField(page).inputValue()).toBe('')
    await expectAccessible(page, 'refused')
    expect(faults).toEqual([])
  })
})
