import { describe, expect, test } from 'vitest'
import { LOCALES } from '../../src/protocol/locale.ts'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import { noBrowser } from './browser.ts'
import { shareWorld } from './sharedWorld.ts'

interface Manifest {
  name: string
  description: string
  lang: string
  start_url: string
  display: string
  icons: { src: string; sizes: string; type: string; purpose?: string }[]
}

const world = shareWorld()

describe.skipIf(noBrowser)('installing the page', () => {
  test('Chromium finds nothing that keeps it from being installed, and its worker is at work', async () => {
    const { page, context, faults } = await world.visit()
    const worker = await page.evaluate(async () => {
      const { active, scope } = await navigator.serviceWorker.ready
      return { script: active?.scriptURL, scope }
    })
    expect(worker).toEqual({ script: `${world.server.url}/sw.js`, scope: `${world.server.url}/` })
    const session = await context.newCDPSession(page)
    const { errors } = await session.send('Page.getAppManifest')
    expect(errors).toEqual([])
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    // A profile of its own is private here.
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
    expect(faults).toEqual([])
  })

  test('what is installed has its name in the language of the page, and icons of the sizes it names', async () => {
    for (const locale of LOCALES) {
      const { page, faults } = await world.visit({ locale })
      const manifest: Manifest = await page.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')
        return await (await fetch(link?.href ?? '')).json()
      })
      const { name, description } = CATALOGUES[locale].app
      const { lang, start_url, display, icons } = manifest
      expect({ ...manifest, lang, start_url, display }).toMatchObject({ name, description, lang: locale })
      expect([start_url, display]).toEqual(['/', 'standalone'])
      expect(icons.some(({ purpose }) => purpose === 'maskable')).toBe(true)
      expect(icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']))
      const links = await page.locator('link[rel="apple-touch-icon"]').evaluateAll(all =>
        all.map(link => ({
          src: link.getAttribute('href') ?? '',
          sizes: link.getAttribute('sizes') ?? '',
          type: 'image/png',
        })),
      )
      for (const { src, sizes, type } of [...icons, ...links]) {
        const drawn = await page.evaluate(async src => {
          const response = await fetch(src)
          const { width, height } = await createImageBitmap(await response.blob())
          return { type: response.headers.get('content-type'), sizes: `${width}x${height}` }
        }, src)
        expect(drawn, src).toEqual({ type, sizes })
      }
      expect(faults).toEqual([])
    }
  })
})
