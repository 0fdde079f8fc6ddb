import { expect, test } from 'vitest'
import { CATALOGUES } from '../react/i18n/catalogues.ts'
import { installTinyDocument } from '../react/markdown/testing/tinyDocument.ts'
import { App } from './app.tsx'

const box = installTinyDocument()
// React looks for a document when it is loaded.
const [{ flushSync }, { createRoot }] = await Promise.all([import('react-dom'), import('react-dom/client')])

function Broken(): never {
  throw new Error('a fault')
}

test('a page that breaks while it is drawn says so in its language, and offers a way on', () => {
  const caught: unknown[] = []
  const root = createRoot(box, { onCaughtError: error => caught.push(error) })
  const messages = CATALOGUES.es
  flushSync(() =>
    root.render(
      <App locale="es" messages={messages}>
        <Broken />
      </App>,
    ),
  )
  const { broken, brokenBody, reload } = messages.page
  expect(box.textContent).toBe(broken + brokenBody + reload)
  expect(caught).toEqual([new Error('a fault')])
  root.unmount()
})
