import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A page with one box of text that scrolls; what comes is put at its end, and kept in sight. No less can be done. */
const PAGE = `<!doctype html><meta charset="utf-8">
<style>
  body { margin: 0; font: 16px/1.6 sans-serif }
  main { height: 100vh; overflow: auto }
  p { max-width: 736px; margin: 1em auto; white-space: pre-wrap }
</style>
<main></main>
<script>
  const box = document.querySelector('main')
  async function begin() {
    const { body } = await fetch('/reply')
    let text = null
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      text ??= box.appendChild(document.createElement('p')).appendChild(new Text())
      text.appendData(piece)
      if (text.data.includes('\\n\\n')) text = null
      box.scrollTop = box.scrollHeight
    }
  }
</script>`

/** A server of a page that shows `pieces` as plain text, as they come. */
export async function serveFloor(pieces: readonly string[], updateMs: number) {
  const server = createServer(async (request, response) => {
    if (request.url !== '/reply') return response.setHeader('content-type', 'text/html').end(PAGE)
    for (const piece of pieces) {
      response.write(piece)
      await delay(updateMs)
    }
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
