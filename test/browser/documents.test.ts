import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { markOf } from '../../src/server/generation/documents.ts'
import { conversation, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { pdfOf } from '../harness/documents.ts'

const world = shareWorld({ DOCUMENT_TOKENS: '100' })

const PAGES = Array.from({ length: 60 }, (_, index) => `Pagina ${index + 1}. O rio corre.`)
PAGES[41] = 'A dragagem custou 4321 reais.'
const text = `# Preço\n${'Nada aqui. '.repeat(60)}\n# Anexo\nA ponte custou 99 reais.`

/** Uploads a file as the person of the page. */
async function upload(page: Page, name: string, bytes: Buffer): Promise<string> {
  return page.evaluate(
    async ({ name, bytes }) => {
      const json = { 'content-type': 'application/json' }
      const body = JSON.stringify({ name, size: bytes.length, mediaType: '' })
      const begun = await (await fetch('/api/chat/files', { method: 'POST', headers: json, body })).json()
      const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }
      const path = `/api/chat/files/${begun.fileId}`
      await fetch(path, { method: 'PATCH', headers, body: new Uint8Array(bytes) })
      return begun.fileId
    },
    { name, bytes: [...bytes] },
  )
}

/** Sends a message with files, and gives the id of the conversation once the reply has ended. */
async function send(page: Page, content: string, fileIds: readonly string[]): Promise<string> {
  return page.evaluate(
    async ({ content, fileIds }) => {
      const response = await fetch('/api/chat/send', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content, attachments: fileIds.map(fileId => ({ fileId })) }),
      })
      return /"conversationId":"([^"]+)"/.exec(await response.text())?.[1] ?? ''
    },
    { content, fileIds },
  )
}

describe.skipIf(noBrowser)('documents of a conversation', PATIENT, () => {
  test.each([360, 1440])('a citation shows its passage, and leads to the page (%i px)', async width => {
    const { page, faults } = await world.visit({ width })
    const long = await upload(page, 'relatorio.pdf', pdfOf(PAGES))
    const sections = await upload(page, 'notas.md', Buffer.from(text))
    const short = await upload(page, 'curto.txt', Buffer.from('Um rio.'))
    const query = JSON.stringify({ query: 'custou reais' })
    world.upstream.replyOnce({ tokens: [], calls: [{ name: 'document_search', arguments: query }] })
    const marks = [`${markOf({ fileId: long })}:42`, `${markOf({ fileId: sections })}:2`]
    world.upstream.replyOnce({
      tokens: [`A dragagem custou 4321 reais [${marks[0]}], e a ponte 99 [${marks[1]}].`],
    })
    const id = await send(page, 'Quanto custou?', [long, sections, short])
    await page.goto(`${world.server.url}/c/${id}`)
    const reply = lastReply(page)
    await reply.getByText('A dragagem custou').waitFor()
    const chips = conversation(page)
    await chips.getByText('texto inteiro, 3 tokens').waitFor()
    const chip = chips.getByRole('link', { name: /relatorio\.pdf .* kB/ })
    expect(await chip.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
    expect(await chips.getByText('longo demais: o modelo pesquisa nele').count()).toBe(2)
    await reply.getByText('Pesquisa em documentos').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
    await expectAccessible(page, 'cited')

    const citation = reply.getByRole('link', { name: '[1]' })
    await citation.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'relatorio.pdf, p. 42' })
    await dialog.getByText('A dragagem custou 4321 reais.').waitFor()
    await expectAccessible(page, 'passage')
    const open = dialog.getByRole('link', { name: 'Abrir o documento na página 42' })
    expect(await open.getAttribute('href')).toBe(`/api/chat/files/${long}#page=42`)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await citation.evaluate(link => link === document.activeElement)).toBe(true)

    await reply.getByRole('link', { name: 'notas.md, Anexo' }).click()
    await page
      .getByRole('dialog', { name: 'notas.md, Anexo' })
      .getByText('A ponte custou 99 reais.')
      .waitFor()
    await page.keyboard.press('Escape')
    expect(faults).toEqual([])
  })

  test('a shared copy leads to the document, and a passage that is gone says so', async () => {
    const { page, faults } = await world.visit()
    const fileId = await upload(page, 'relatorio.pdf', pdfOf(PAGES))
    const query = JSON.stringify({ query: 'dragagem' })
    world.upstream.replyOnce({ tokens: [], calls: [{ name: 'document_search', arguments: query }] })
    world.upstream.replyOnce({ tokens: [`Custou 4321 reais [${markOf({ fileId })}:42].`] })
    const id = await send(page, 'Quanto custou?', [fileId])
    const shareId = await page.evaluate(async id => {
      const response = await fetch(`/api/chat/conversations/${id}/shares`, { method: 'POST' })
      return (await response.json()).share.id
    }, id)
    await page.goto(`${world.server.url}/s/${shareId}`)
    const link = page.getByRole('link', { name: 'relatorio.pdf, p. 42' })
    const address = `/api/chat/shared/${shareId}/files/${fileId}`
    expect(await link.getAttribute('href')).toBe(`${address}#page=42`)
    expect(await page.evaluate(async path => (await fetch(path)).headers.get('content-type'), address)).toBe(
      'application/pdf',
    )
    await page.goto(`${world.server.url}/c/${id}`)
    await page.route('**/passages/42', route =>
      route.fulfill({ status: 404, json: { success: false, code: 'NOT_FOUND', message: '' } }),
    )
    await lastReply(page).getByRole('link', { name: '[1]' }).click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    expect(faults.filter(fault => !fault.includes('404'))).toEqual([])
  })

  test('what the model got otherwise stands below the reply', async () => {
    const { page, faults } = await world.visit()
    const fileId = await upload(page, 'curto.txt', Buffer.from('Um rio.'))
    world.upstream.replyOnce({
      status: 400,
      body: {
        error: { code: 'context_length_exceeded', message: 'Too long.', type: 'invalid_request_error' },
      },
    })
    world.upstream.replyOnce({ tokens: ['Procurei.'] })
    const id = await send(page, 'Leia', [fileId])
    await page.goto(`${world.server.url}/c/${id}`)
    await lastReply(page)
      .getByText('1 documento era longo demais para o modelo, que pesquisou nele.')
      .waitFor()
    expect(faults).toEqual([])
  })
})
