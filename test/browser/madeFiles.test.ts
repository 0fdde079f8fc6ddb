import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { writeAssistant } from '../harness/assistantFolder.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { drawingOf } from '../upstream/pictures.ts'

const folders: TestFolder[] = []

const world = shareWorld(async () => {
  const folder = await temporaryFolder()
  folders.push(folder)
  return writeAssistant(folder, 'pictures: true\nsearch: true')
})

afterAll(async () => {
  for (const folder of folders) await folder[Symbol.asyncDispose]()
})

const draw = (background: string) =>
  sharp({ create: { width: 1536, height: 1024, channels: 3, background } })
    .jpeg()
    .toBuffer()

const prompt = 'Um rio ao pôr do sol'

/** Where what follows the picture stands, so that a jump would show. */
const heightOf = (page: Page) =>
  lastReply(page)
    .locator('figure')
    .evaluate(figure => Math.round(figure.getBoundingClientRect().height))

/** How wide the place of the picture is, for its height. Where that is not as in the picture, bars are around it. */
const shapeOf = (page: Page) =>
  lastReply(page)
    .locator('img')
    .evaluate(img => img.getBoundingClientRect().width / img.getBoundingClientRect().height)

describe.skipIf(noBrowser)('what models make', PATIENT, () => {
  test.each([360, 1440])(
    'a picture grows in its place, is enlarged by keyboard, and is there after a reload (%i px)',
    async width => {
      const { page, faults } = await world.visit()
      await page.setViewportSize({ width, height: 900 })
      const recording = drawingOf([{ previews: [await draw('#335')], bytes: await draw('#c64'), prompt }])
      const gate = world.upstream.hold({ recording })
      await ask(page, 'Desenhe um rio')
      await gate.next()
      await lastReply(page).getByText('Desenhando…').waitFor()
      const empty = await heightOf(page)
      await expectAccessible(page, 'drawing')
      for (let step = 0; step < 2; step++) await gate.next()
      const image = lastReply(page).locator('img')
      await soon(() => image.evaluate(img => (img as HTMLImageElement).naturalWidth)).toBe(1536)
      expect(await heightOf(page)).toBe(empty)
      expect(await shapeOf(page)).toBeCloseTo(1536 / 1024, 1)
      await expectAccessible(page, 'preview')
      gate.open()
      const enlarge = page.getByRole('button', { name: `Ampliar “${prompt}”` })
      await enlarge.waitFor()
      await lastReply(page).getByText('Aqui está.').waitFor()
      expect(await heightOf(page)).toBe(empty)
      expect(await lastReply(page).getByText('Desenhando…').count()).toBe(0)
      await enlarge.press('Enter')
      const viewer = page.getByRole('dialog', { name: 'imagem-1.jpg' })
      await viewer.getByRole('img', { name: prompt }).waitFor()
      await expectAccessible(page, 'viewer')
      await page.keyboard.press('Escape')
      await viewer.waitFor({ state: 'detached' })
      await soon(() => enlarge.evaluate(button => button === document.activeElement)).toBe(true)
      await page.reload()
      await page.getByRole('button', { name: `Ampliar “${prompt}”` }).waitFor()
      await soon(() => image.evaluate(img => (img as HTMLImageElement).naturalWidth)).toBe(1536)
      expect(await shapeOf(page)).toBeCloseTo(1536 / 1024, 1)
      // Nothing is left free below it.
      expect(await heightOf(page)).toBeLessThanOrEqual(Math.min(empty, Math.ceil(width / 1.5)))
      expect(faults).toEqual([])
    },
  )

  test('a picture that could not be stored, and a search, are told in a sentence each', async () => {
    const { page, faults } = await world.visit()
    const searching = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }
    const searched = {
      ...searching,
      status: 'completed',
      action: { type: 'search', queries: ['nível do rio'], sources: [{}, {}] },
    }
    const place = { output_index: 9 }
    const gate = world.upstream.hold({
      recording: [
        JSON.stringify({ type: 'response.output_item.added', ...place, item: searching }),
        JSON.stringify({ type: 'response.output_item.done', ...place, item: searched }),
        ...drawingOf([{ bytes: Buffer.from('no picture') }]),
      ],
    })
    await ask(page, 'Procure e desenhe')
    await gate.next()
    await lastReply(page).getByText('Pesquisando na web').waitFor()
    await expectAccessible(page, 'searching')
    gate.open()
    const told = lastReply(page).getByText('Pesquisou na web: nível do rio (2 páginas encontradas)')
    await told.waitFor()
    await lastReply(page).getByText('Não conseguimos guardar a imagem.').waitFor()
    await lastReply(page).getByText('Aqui está.').waitFor()
    await expectAccessible(page, 'told')
    await page.reload()
    await told.waitFor()
    await lastReply(page).getByText('Não conseguimos guardar a imagem.').waitFor()
    expect(faults).toEqual([])
  })
})
