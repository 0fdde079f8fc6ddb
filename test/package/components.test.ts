import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { launchBrowser, noBrowser } from '../e2e/browser.ts'
import { serveHandler } from '../harness/fetchServer.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { type MountedApp, mount } from '../harness/mountedApp.ts'
import { install, ROOT } from './packed.ts'

const run = promisify(execFile)

/** The oldest React that the package takes. */
const REACT = '19.0.0'

/** An app with two chats in boxes, elements of its own, and styles for elements in a layer. It draws again by `draw`. */
const HOST = `
import './host.css'
import 'riacho/styles.css'
import { createElement as h, useState } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { Chat, RiachoProvider, useChat, useRiacho } from 'riacho/react'

const greeting = ({ children }) => h('div', { id: 'greeting' }, 'Bem-vindo', children)

function Header({ children }) {
  window.drawnHeaders = (window.drawnHeaders ?? 0) + 1
  return children
}

function Hooks() {
  window.client = useRiacho()
  const { draft, messages } = useChat()
  return h('output', null, draft, ' ', messages.length)
}

const token = () => window.token ?? null

function App() {
  const [props, setProps] = useState({})
  const [conversationId, setConversationId] = useState()
  const onConversationChange = id => {
    window.told = [...(window.told ?? []), id]
    setConversationId(id)
  }
  window.draw = props => flushSync(() => setProps(props))
  const box = (name, provider, chat) =>
    h('div', { id: name, style: { width: 480, height: 560 } },
      h(RiachoProvider, { name, token, ...provider }, h(Chat, chat), name === 'one' && h(Hooks)))
  return h('div', { style: { display: 'flex' } },
    box('one', { conversationId, onConversationChange, ...props }, { slots: { greeting, header: Header } }),
    box('two', {}, { hasList: false }))
}

window.token = new URLSearchParams(location.search).get('token')
createRoot(document.getElementById('root')).render(h(App))
`

const HOST_CSS = `
@layer app {
  button { padding: 3rem; color: rgb(1, 2, 3); }
  form, ol { display: grid; gap: 2rem; }
  li { white-space: pre; text-transform: uppercase; }
}
#one .riacho { color-scheme: light; }
#two .riacho { color-scheme: dark; }
`

const HOST_HTML = `<!doctype html><html lang="pt-BR"><head><title>App</title></head><body>
<h1>Título</h1><button>Botão</button><ul><li>um</li></ul><a href="#x">link</a><table><tr><th>a</th></tr></table>
<div id="root"></div><script type="module" src="/main.js"></script></body></html>`

const SHELL = `
import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server'
import { Chat, RiachoProvider } from 'riacho/react'
console.log(renderToString(h(RiachoProvider, { locale: 'en' }, h(Chat))))
`

function tokenOf(user: string): string {
  return `e30.${Buffer.from(JSON.stringify({ sub: user })).toString('base64url')}.`
}

let folder: TestFolder
let browser: Browser

beforeAll(async () => {
  folder = await temporaryFolder()
  await run('npm', ['init', '-y'], { cwd: folder.path })
  await install(folder.path, inject('tarball'), `react@${REACT}`, `react-dom@${REACT}`)
  const files = { 'main.js': HOST, 'host.css': HOST_CSS, 'index.html': HOST_HTML, 'shell.mjs': SHELL }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text)
  await run(join(ROOT, 'node_modules', '.bin', 'vite'), ['build', '--logLevel', 'error'], {
    cwd: folder.path,
  })
  if (!noBrowser) browser = await launchBrowser({ hasScrollbars: true })
}, 400_000)

afterAll(async () => {
  if (!noBrowser) await browser.close()
  await folder[Symbol.asyncDispose]()
})

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** What a test does to the app. */
interface Host {
  token: string
  client: { refresh(): void }
  /** Draws the app again, with these props of the first provider. */
  draw(props: object): void
  drawnHeaders: number
  /** What `onConversationChange` has told. */
  told: (string | null)[]
}

interface Site extends AsyncDisposable {
  app: MountedApp
  page: Page
}

/** Serves the app and Riacho in it, and opens the app as `user`. */
async function openSite(user: string): Promise<Site> {
  const app = await mount({
    owner: request => {
      const payload = request.headers.get('authorization')?.split('.')[1] ?? ''
      return payload ? JSON.parse(Buffer.from(payload, 'base64url').toString()).sub : undefined
    },
  })
  const server = await serveHandler(async request => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/api/')) return app.riacho.handler(request)
    const path = join(folder.path, 'dist', pathname === '/' ? 'index.html' : pathname)
    const headers = { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }
    return readFile(path).then(
      content => new Response(content, { headers }),
      () => new Response(null, { status: 404 }),
    )
  })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto(`${server.url}/?token=${tokenOf(user)}`)
  await page.locator('#two [data-composer]').waitFor()
  return {
    app,
    page,
    async [Symbol.asyncDispose]() {
      await context.close()
      await server[Symbol.asyncDispose]()
      await app[Symbol.asyncDispose]()
    },
  }
}

test('a server draws an empty box, with the oldest React', async () => {
  const { stdout } = await run('node', ['shell.mjs'], { cwd: folder.path })
  expect(stdout).toMatch(/^<div lang="en" class="riacho " aria-busy="true"><div><\/div><\/div>\n$/)
})

describe.skipIf(noBrowser)('two chats in an app', () => {
  const place = (page: Page, id: string) => page.locator(`#${id}`)

  test('each has a conversation of its own, and neither takes the page', async () => {
    await using site = await openSite('ana')
    const { page, app } = site
    const address = page.url()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY')
    app.upstream.reply({ tokens: ['Resposta um'] })
    await place(page, 'one').locator('[data-composer]').fill('Pergunta um')
    await page.keyboard.press('Enter')
    await place(page, 'one').getByText('Resposta um', { exact: true }).waitFor()
    app.upstream.reply({ tokens: ['Resposta dois'] })
    await place(page, 'two').locator('[data-composer]').fill('Pergunta dois')
    await page.keyboard.press('Enter')
    await place(page, 'two').getByText('Resposta dois', { exact: true }).waitFor()
    expect(await place(page, 'two').textContent()).not.toContain('Pergunta um')
    expect(await place(page, 'one').locator('[data-message]').count()).toBe(2)
    expect(await page.evaluate(() => document.activeElement?.closest('#two') !== null)).toBe(true)
    for (const keys of ['Control+k', 'Control+/', 'Control+Shift+o']) await page.keyboard.press(keys)
    expect(await page.locator('[role=dialog]').count()).toBe(0)
    expect([await page.title(), page.url()]).toEqual(['App', address])
    expect(await page.locator('output').textContent()).toBe(' 2')
    await page.reload()
    await place(page, 'one').getByText('Resposta um', { exact: true }).waitFor()
    await place(page, 'two').getByText('Resposta dois', { exact: true }).waitFor()
  })

  test('styles end at the border, in both directions, and colours are as the app says for each', async () => {
    await using site = await openSite('ana')
    const { page } = site
    const styles = () =>
      page.evaluate(() => {
        const outside = [...document.querySelectorAll('html, body, body > *:not(#root)')]
        return outside.map(element => {
          const style = getComputedStyle(element)
          return [...style].map(name => `${name}:${style.getPropertyValue(name)}`).join()
        })
      })
    const withOurs = await styles()
    const dropped = await page.evaluate(() => {
      const ours = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules])
      const layers = ours.filter(rule => rule instanceof CSSLayerBlockRule && rule.name === 'riacho')
      for (const rule of layers) {
        const index = [...(rule.parentStyleSheet?.cssRules ?? [])].indexOf(rule)
        rule.parentStyleSheet?.deleteRule(index)
      }
      return layers.length
    })
    expect(dropped).toBeGreaterThan(0)
    expect(withOurs).toEqual(await styles())
    await page.reload()
    await place(page, 'two').locator('[data-composer]').waitFor()
    const within = await page.evaluate(() => {
      const styleOf = (path: string) => getComputedStyle(document.querySelector(path) as Element)
      return {
        light: styleOf('#one .riacho').backgroundColor,
        dark: styleOf('#two .riacho').backgroundColor,
        form: styleOf('#one form').display,
        padding: styleOf('#one form button').paddingTop,
        height: styleOf('#one .riacho').height,
      }
    })
    expect(within).toEqual({
      light: 'rgb(250, 249, 245)',
      dark: 'rgb(15, 21, 22)',
      form: 'block',
      padding: '0px',
      height: '560px',
    })
    expect(await place(page, 'one').locator('#greeting').textContent()).toContain('Bem-vindo')
  })

  test('a token of somebody else leaves nothing of the person before on the page', async () => {
    await using site = await openSite('ana')
    const { page, app } = site
    app.upstream.reply({ tokens: ['Segredo da Ana'] })
    await place(page, 'one').locator('[data-composer]').fill('Pergunta da Ana')
    await page.keyboard.press('Enter')
    await place(page, 'one').getByText('Segredo da Ana', { exact: true }).waitFor()
    await place(page, 'one').locator('[data-composer]').fill('rascunho da Ana')
    await page.evaluate(token => {
      const host = window as unknown as Host
      host.token = token
      host.client.refresh()
    }, tokenOf('bia'))
    await expect.poll(() => place(page, 'one').textContent()).not.toContain('da Ana')
    expect(await place(page, 'one').locator('[data-composer]').inputValue()).toBe('')
    const keys = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)])
    expect(keys.filter(key => !key.startsWith('riacho:["",'))).toEqual([])
  })

  test('another owner sees nothing of the person before', async () => {
    await using site = await openSite('ana')
    const { page, app } = site
    await page.evaluate(() => (window as unknown as Host).draw({ owner: 'ana' }))
    app.upstream.reply({ tokens: ['Segredo da Ana'] })
    await place(page, 'one').locator('[data-composer]').fill('Pergunta da Ana')
    await page.keyboard.press('Enter')
    await place(page, 'one').getByText('Segredo da Ana', { exact: true }).waitFor()
    await page.evaluate(token => {
      const host = window as unknown as Host
      host.token = token
      host.draw({ owner: 'bia' })
    }, tokenOf('bia'))
    await expect.poll(() => place(page, 'one').textContent()).not.toContain('da Ana')
  })

  test('in another language the conversation of the address stays open', async () => {
    await using site = await openSite('ana')
    const { page, app } = site
    app.upstream.reply({ tokens: ['Resposta um'] })
    await place(page, 'one').locator('[data-composer]').fill('Pergunta um')
    await page.keyboard.press('Enter')
    await place(page, 'one').getByText('Resposta um', { exact: true }).waitFor()
    const told = () => page.evaluate(() => (window as unknown as Host).told)
    const before = await told()
    await page.evaluate(() => (window as unknown as Host).draw({ locale: 'en' }))
    await place(page, 'one').getByRole('textbox', { name: 'Message', exact: true }).waitFor()
    await place(page, 'one').getByText('Resposta um', { exact: true }).waitFor()
    expect(await told()).toEqual(before)
  })

  test('an app that draws itself again draws nothing of the chat again', async () => {
    await using site = await openSite('ana')
    const { page, app } = site
    app.upstream.reply({ tokens: ['Resposta um'] })
    await place(page, 'one').locator('[data-composer]').fill('Pergunta um')
    await page.keyboard.press('Enter')
    await place(page, 'one').getByText('Resposta um', { exact: true }).waitFor()
    const drawn = await page.evaluate(() => {
      const host = window as unknown as Host
      const before = host.drawnHeaders
      host.draw({})
      return host.drawnHeaders - before
    })
    expect(drawn).toBe(0)
  })
})
