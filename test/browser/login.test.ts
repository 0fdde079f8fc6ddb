import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser, written } from '../e2e/browser.ts'
import { PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { NGINX, startNginx } from '../network/nginx.ts'

const world = shareWorld()
const LOGIN = { username: 'ana', password: 'segredo' }

describe.skipIf(noBrowser || !existsSync(NGINX))('behind a proxy that asks for a password', PATIENT, () => {
  test('everything that the page asks for comes, its manifest and a shared copy too', async () => {
    const passwords = join(world.folder.path, 'passwords')
    await writeFile(passwords, `${LOGIN.username}:{PLAIN}${LOGIN.password}\n`)
    const asks = ['auth_basic "Riacho";', `auth_basic_user_file ${passwords};`]
    await using nginx = await startNginx(world.server.url, {
      location: ['proxy_set_header Host $http_host;', ...asks],
    })
    expect((await fetch(nginx.url, { headers: { connection: 'close' } })).status).toBe(401)

    const { page, context, faults, openTab } = await world.visit({ url: nginx.url, login: LOGIN })
    const session = await context.newCDPSession(page)
    const manifest = await session.send('Page.getAppManifest')
    expect([manifest.errors, JSON.parse(manifest.data ?? '').start_url]).toEqual([[], '/'])
    expect(await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL)).toBe(
      `${nginx.url}/sw.js`,
    )
    world.upstream.replyOnce({ tokens: ['$a^2$ ', 'e `b`'] })
    await ask(page, 'Oi')
    await lastReply(page).locator('.katex').waitFor()
    await written(page)
    expect(faults).toEqual([])

    const shareId = await page.evaluate(async () => {
      const conversationId = location.pathname.split('/').at(-1)
      const address = `/api/chat/conversations/${conversationId}/shares`
      return (await (await fetch(address, { method: 'POST' })).json()).share.id
    })
    const copy = await context.newPage()
    await copy.goto(`/s/${shareId}`)
    await copy.getByText('Oi').first().waitFor()
    await (await openTab('/')).close()
  })
})
