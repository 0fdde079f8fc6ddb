// An app with a login, and Riacho's widget in its page. It needs no package.
import { createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'

const { PORT = '8080', RIACHO_URL = 'http://localhost:3000', HOST_TOKEN_SECRET = '' } = process.env
/** Sessions of people who have signed in. An app keeps them where they outlive the process. */
const people = new Map()

const server = createServer(async (request, response) => {
  const { method, url } = request
  const session = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  const person = people.get(session)
  if (method === 'GET' && url === '/') {
    const page = await readFile(join(import.meta.dirname, 'index.html'), 'utf8')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    return response.end(page.replaceAll('{{riacho}}', RIACHO_URL).replaceAll('{{person}}', person ?? ''))
  }
  if (method === 'POST' && url === '/login') {
    // A real login asks for proof.
    const id = randomBytes(24).toString('base64url')
    people.set(id, `person-${people.size + 1}`)
    response.setHeader('set-cookie', `session=${id}; HttpOnly; SameSite=Lax; Path=/`)
    return response.writeHead(303, { location: '/' }).end()
  }
  if (method === 'POST' && url === '/riacho-token') {
    response.setHeader('cache-control', 'no-store')
    return response.end(person ? tokenFor(person) : '')
  }
  response.writeHead(404).end()
})

/** A token that says for ten minutes who asks. Libraries such as `jose` do the same. */
function tokenFor(sub) {
  const now = Math.floor(Date.now() / 1000)
  const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode({ alg: 'HS256' })}.${encode({ sub, aud: 'riacho', iat: now, exp: now + 600 })}`
  return `${signed}.${createHmac('sha256', HOST_TOKEN_SECRET).update(signed).digest('base64url')}`
}

server.listen(Number(PORT), '127.0.0.1', () => console.log(`App: http://localhost:${server.address().port}`))
