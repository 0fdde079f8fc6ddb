import { existsSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROBE_PATH } from '../../src/protocol/probe.ts'
import { startProcess, type TestFolder, type TestProcess, temporaryFolder } from '../harness/server.ts'
import { NGINX, startNginx } from '../network/nginx.ts'
import { ask, launchBrowser, newPerson, noBrowser } from './browser.ts'

/** The guide takes some seconds to answer it, and hundreds of characters. */
const QUESTION = 'Como ponho o Riacho atrás do nginx?'

const probesOf = (page: Page): string[] => {
  const probes: string[] = []
  page.on('request', request => {
    if (request.url().endsWith(PROBE_PATH)) probes.push(request.url())
  })
  return probes
}

async function askAndWait(page: Page): Promise<void> {
  await ask(page, QUESTION)
  await page.getByRole('button', { name: 'Parar resposta' }).waitFor()
  await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor({ timeout: 20_000 })
}

describe.skipIf(noBrowser ?? (existsSync(NGINX) ? undefined : 'no nginx'))('in a real browser', () => {
  let browser: Browser
  let folder: TestFolder
  let server: TestProcess

  beforeAll(async () => {
    browser = await launchBrowser()
    folder = await temporaryFolder()
    server = await startProcess({ folder })
  })

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
    await browser.close()
  })

  test('behind an nginx that holds replies back, the page says so once, with the line that mends it', async () => {
    await using nginx = await startNginx(server.url, {
      location: ['proxy_set_header Host $http_host;', 'proxy_ignore_headers X-Accel-Buffering;'],
    })
    await using person = await newPerson(browser, { url: nginx.url })
    const { page } = person
    const probes = probesOf(page)
    const notice = page.getByText('As respostas chegam inteiras, de uma vez', { exact: false })

    await askAndWait(page)
    await notice.waitFor()
    await page.getByText('Como corrigir').click()
    await page.getByText('proxy_buffering off;', { exact: true }).waitFor()
    await page.getByText('gzip off;', { exact: true }).waitFor()
    expect(await page.getByText('flushpackets').count()).toBe(0)

    await page.getByRole('button', { name: 'Dispensar aviso' }).click()
    await notice.waitFor({ state: 'detached' })
    await page.reload()
    await askAndWait(page)
    expect([probes.length, await notice.count()]).toEqual([1, 0])
    expect(person.faults).toEqual([])
  }, 60_000)

  test('where replies stream, nothing is looked into', async () => {
    await using person = await newPerson(browser, { url: server.url })
    const probes = probesOf(person.page)
    await askAndWait(person.page)
    expect(probes).toEqual([])
  })
})
