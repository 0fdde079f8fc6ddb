import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { tool, withFiles } from '../../src/riacho.ts'
import { defineTools } from '../../src/server/tools/hostTools.ts'
import { ask, conversation, lastReply, launchBrowser, newPerson, noBrowser } from '../e2e/browser.ts'
import { PATIENT, soon } from '../e2e/page.ts'
import { startWithAssistant } from '../harness/assistantFolder.ts'
import { drawingOf } from '../upstream/pictures.ts'

const draw = (background: string) =>
  sharp({ create: { width: 600, height: 400, channels: 3, background } })
    .jpeg()
    .toBuffer()

const TOOLS = {
  mede: tool({
    description: 'Measures.',
    schema: z.object({}),
    run: async () =>
      withFiles('Medido.', [
        { name: 'curva.jpg', bytes: await draw('#06c') },
        { name: 'niveis.csv', bytes: Buffer.from('dia,nivel\n1,3\n') },
      ]),
  }),
}
const FILLING = 'Um parágrafo que enche a tela.\n\n'.repeat(200)

/** Gives what is on each sheet of paper that the page prints: its pictures that are there, and its text. */
async function watchPaper(page: Page) {
  const sheets = await page.evaluateHandle(() => {
    const sheets: { pictures: string[]; text: string }[] = []
    window.print = () => {
      const pictures = [...document.querySelectorAll('img')].filter(
        image => image.checkVisibility() && image.naturalWidth > 0 && image.clientHeight > 100,
      )
      sheets.push({ pictures: pictures.map(({ alt }) => alt), text: document.body.innerText })
    }
    return sheets
  })
  return () => sheets.jsonValue()
}

/** Holds what the page asks of files until it is let through. */
async function holdFiles(page: Page): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route('**/api/chat/files/**', async route => {
    await promise
    await route.continue()
  })
  return resolve
}

describe.skipIf(noBrowser)('files on paper', PATIENT, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test('a picture of a reply and the files of a tool are printed, also from far above the screen', async () => {
    await using world = await startWithAssistant('pictures: true', {
      hasPages: true,
      tools: defineTools(TOOLS),
    })
    await using person = await newPerson(browser, { url: world.server.url })
    const { page, faults } = person
    world.upstream.replyOnce({ recording: drawingOf([{ bytes: await draw('#c64'), prompt: 'Um rio' }]) })
    await ask(page, 'Desenhe')
    await lastReply(page).getByText('Aqui está.').waitFor()
    world.upstream.replyOnce({ tokens: [], calls: [{ name: 'mede', arguments: '{}' }] })
    world.upstream.replyOnce({ tokens: ['Medi.'] })
    await ask(page, 'Meça')
    await lastReply(page).getByText('Medi.').waitFor()
    world.upstream.replyOnce({ tokens: [FILLING, 'Fim.'] })
    await ask(page, 'Encha')
    await lastReply(page).getByText('Fim.').waitFor()
    const letThrough = await holdFiles(page)
    await page.reload()
    await lastReply(page).getByText('Fim.').waitFor()
    const sheets = await watchPaper(page)
    await page.keyboard.press('Control+p')
    await page.emulateMedia({ media: 'print' })
    letThrough()
    await soon(async () => (await sheets()).map(({ pictures }) => pictures)).toEqual([
      ['Um rio', 'curva.jpg'],
    ])
    expect((await sheets())[0]?.text).toContain('niveis.csv')
    expect(await conversation(page).locator('img').count()).toBe(2)
    const pdf = (await page.pdf()).toString('latin1')
    expect(pdf.match(/\/Subtype\s*\/Image\b/g)).toHaveLength(2)
    expect(faults).toEqual([])
  })
})
