import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, messageField, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { pdfOf } from '../harness/documents.ts'

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
    await page.getByRole('button', { name: 'Anexar arquivos' }).click()
    await (await chooser).setFiles([file('gastos.csv', 'mês;valor'), file('notas.md', '# Notas')])
    await chips(page).getByText('notas.md').waitFor()
    await hand(page, 'drop', 'notas.md', 'outras')
    await chips(page).getByText('notas (2).md').waitFor()
    expect(await page.locator('[data-drop]').count()).toBe(0)
    await hand(page, 'paste', 'log.txt', 'linha um')
    await chips(page).getByText('log.txt').waitFor()
    const longName = `${'a'.repeat(150)}.txt`
    await page.locator('[data-attach]').setInputFiles([file(longName, 'x')])
    const widthOf = async (name: string) =>
      (await page.getByRole('button', { name: `Remover “${name}”` }).boundingBox())?.width
    expect(await widthOf(longName)).toBe(await widthOf('log.txt'))
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
    const program = { ...file('jogo.exe', ''), buffer: Buffer.from([0x4d, 0x5a, 0, 0, 1, 0, 0]) }
    await input.setInputFiles([program, file('a.txt', 'um'), file('vazio.txt', ' ')])
    await chips(page).getByText('não pode ser lido', { exact: false }).waitFor()
    await page.getByText('“vazio.txt” está vazio', { exact: false }).waitFor()
    await chips(page).getByText('a.txt').waitFor()
    await expectAccessible(page, 'refused')
    await page.getByRole('button', { name: 'Remover “jogo.exe”' }).click()
    await input.setInputFiles(Array.from({ length: 11 }, (_, index) => file(`${index}.txt`, 'x')))
    await page.getByText('“10.txt” não coube', { exact: false }).waitFor()
    expect(await page.getByText('jogo.exe').count()).toBe(0)
    expect(await chips(page).getByRole('listitem').count()).toBe(10)
    expect(await messageField(page).inputValue()).toBe('')
    expect(faults).toEqual([])
  })

  test('a message that goes without a refused file says so before and after', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Oi.'] })
    const input = page.locator('[data-attach]')
    const program = { ...file('jogo.exe', ''), buffer: Buffer.from([0x4d, 0x5a, 0, 0, 1, 0, 0]) }
    await input.setInputFiles([program])
    await chips(page).getByText('não pode ser lido', { exact: false }).waitFor()
    await messageField(page).fill('Oi')
    await page.getByText('A mensagem vai sem o arquivo', { exact: false }).waitFor()
    await ask(page, 'Oi')
    const told = page.getByRole('alert').getByText('A mensagem foi sem “jogo.exe”', { exact: false })
    await told.waitFor()
    expect(await chips(page).count()).toBe(0)
    await lastReply(page).getByText('Oi.').waitFor()
    await expectAccessible(page, 'left out')
    await input.setInputFiles([file('a.txt', 'um')])
    await told.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })
})

const PHOTO = { width: 1200, height: 800, channels: 3, background: '#0a7' } as const

const photo = async (name: string) => ({
  name,
  mimeType: 'image/jpeg',
  buffer: await sharp({ create: PHOTO }).jpeg().toBuffer(),
})

/** Holds back the pieces of uploads until it is called. */
async function holdPieces(page: Page): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route('**/api/chat/files/*', async route => {
    if (route.request().method() === 'PATCH') await promise
    await route.continue()
  })
  return resolve
}

describe.skipIf(noBrowser)('attaching pictures and documents', PATIENT, () => {
  test.each([390, 1440])(
    'a picture is uploaded, seen by the model, and enlarged by keyboard (%i px)',
    async width => {
      const { page, faults } = await world.visit()
      await page.setViewportSize({ width, height: 800 })
      world.upstream.reply({ tokens: ['Uma praia.'] })
      const release = await holdPieces(page)
      await page.locator('[data-attach]').setInputFiles([await photo('praia.jpg')])
      await page.getByRole('progressbar', { name: 'Envio de “praia.jpg”' }).waitFor()
      await messageField(page).fill('O que é?')
      expect(await page.getByRole('button', { name: 'Enviar mensagem' }).isDisabled()).toBe(true)
      await messageField(page).press('Enter')
      expect(await messageField(page).inputValue()).toBe('O que é?')
      await expectAccessible(page, 'uploading')
      release()
      await chips(page).locator('img').waitFor()
      await expectAccessible(page, 'uploaded')
      await messageField(page).press('Enter')
      await lastReply(page).getByText('Uma praia.').waitFor()
      expect(JSON.stringify(world.upstream.requests.at(-1)?.body)).toContain('data:image/jpeg;base64,')
      const enlarge = page.getByRole('button', { name: 'Ampliar “praia.jpg”' })
      await enlarge.press('Enter')
      const viewer = page.getByRole('dialog', { name: 'praia.jpg' })
      const picture = viewer.getByRole('img', { name: 'praia.jpg' })
      await soon(() => picture.evaluate(img => (img as HTMLImageElement).naturalWidth)).toBe(1200)
      const fitted = (await picture.boundingBox())?.width ?? 0
      expect(fitted).toBeLessThanOrEqual(width)
      await page.keyboard.press('+')
      await soon(async () => ((await picture.boundingBox())?.width ?? 0) > fitted).toBe(true)
      await page.keyboard.press('0')
      await soon(async () => (await picture.boundingBox())?.width).toBe(fitted)
      await expectAccessible(page, 'viewer')
      await page.keyboard.press('Escape')
      await viewer.waitFor({ state: 'detached' })
      expect(await enlarge.evaluate(button => button === document.activeElement)).toBe(true)
      expect(faults).toEqual([])
    },
  )

  test('a document and a pasted picture are attached, outlive a reload, and are sent', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Li.'] })
    const pdf = { name: 'contrato.pdf', mimeType: 'application/pdf', buffer: pdfOf(['Multa de 3 por cento']) }
    await page.locator('[data-attach]').setInputFiles([pdf])
    await page.evaluate(
      bytes => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(bytes)], 'image.png', { type: 'image/png' }))
        document
          .querySelector('[data-composer]')
          ?.dispatchEvent(
            new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }),
          )
      },
      [...(await sharp({ create: PHOTO }).png().toBuffer())],
    )
    await chips(page).locator('img').waitFor()
    await chips(page).getByText('contrato.pdf').waitFor()
    await soon(() => page.getByRole('progressbar').count()).toBe(0)
    await page.reload()
    await chips(page).getByText('contrato.pdf').waitFor()
    await ask(page, 'Resuma')
    await lastReply(page).getByText('Li.').waitFor()
    await conversation(page)
      .getByRole('link', { name: /contrato\.pdf .* texto inteiro/ })
      .waitFor()
    expect(JSON.stringify(world.upstream.requests.at(-1)?.body)).toContain('Multa de 3 por cento')
    expect(faults).toEqual([])
  })

  test('an upload that loses the network says so, and goes on by itself', async () => {
    const { page } = await world.visit()
    let isAway = true
    await page.route('**/api/chat/files/*', route =>
      isAway && route.request().method() === 'PATCH' ? route.abort() : route.continue(),
    )
    await page.locator('[data-attach]').setInputFiles([await photo('praia.jpg')])
    await chips(page).getByText('esperando a conexão').waitFor()
    isAway = false
    await chips(page).locator('img').waitFor()
  })
})
