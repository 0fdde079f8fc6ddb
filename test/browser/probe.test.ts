import { existsSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { PROBE_PATH } from '../../src/protocol/probe.ts'
import { ask, noBrowser } from '../e2e/browser.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { NGINX, startNginx } from '../network/nginx.ts'
import { countedTokens } from '../upstream/upstream.ts'

/** Long enough, in time and in events, for the page to see whether it comes all at once. */
const SLOW = { tokens: countedTokens(40), delayMs: 40 }

const probesOf = (page: Page): string[] => {
  const probes: string[] = []
  page.on('request', request => {
    if (request.url().endsWith(PROBE_PATH)) probes.push(request.url())
  })
  return probes
}

async function askAndWait(page: Page): Promise<void> {
  await ask(page, 'Conte')
  await page.getByRole('button', { name: 'Parar resposta' }).waitFor()
  await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor({ timeout: 20_000 })
}

const world = shareWorld()

describe.skipIf(noBrowser ?? (existsSync(NGINX) ? undefined : 'no nginx'))('in a real browser', () => {
  beforeEach(() => world.upstream.reply(SLOW))

  test('behind an nginx that holds replies back, the page says so once, with the line that mends it', async () => {
    await using nginx = await startNginx(world.server.url, {
      location: ['proxy_set_header Host $http_host;', 'proxy_ignore_headers X-Accel-Buffering;'],
    })
    const { page, faults } = await world.visit({ url: nginx.url })
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
    expect(faults).toEqual([])
  }, 60_000)

  test('where replies stream, nothing is looked into', async () => {
    const { page } = await world.visit()
    const probes = probesOf(page)
    await askAndWait(page)
    expect(probes).toEqual([])
  })
})
