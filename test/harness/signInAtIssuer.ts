import { Agent, fetch } from 'undici'
import { expect } from 'vitest'
import type { TestClient } from './client.ts'

/**
 * Signs in at a real issuer as a browser does: to the issuer, through its forms, and back. Gives where the server leads then.
 * `name`: that of the issuer in the settings.
 */
export async function signInAtIssuer(client: TestClient, login: string, name = 'casa'): Promise<string> {
  const session = client.cookie
  const begun = await client.post(`/api/chat/account/issuers/${name}`, {})
  expect(begun.status, begun.text).toBe(200)
  const bind = begun.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const back = await throughForms(JSON.parse(begun.text).url, login, client.url)
  const { pathname, search } = new URL(back)
  client.cookie = [bind, session].filter(Boolean).join('; ')
  const answer = await client.get(pathname + search)
  expect(answer.status, answer.text).toBe(302)
  return String(answer.headers['location'])
}

/** Leaves no connection open. */
class ClosedAgent extends Agent {
  [Symbol.asyncDispose]() {
    return this.close()
  }
}

/** Follows the pages of the issuer, with its cookies, until it sends the browser to `site`. */
export async function throughForms(begin: string, login: string, site: string): Promise<string> {
  await using agent = new ClosedAgent()
  const cookies = new Map<string, string>()
  let address = begin
  let form: Record<string, string> | undefined
  for (let page = 0; page < 20; page++) {
    if (address.startsWith(site)) return address
    const response = await fetch(address, {
      redirect: 'manual',
      dispatcher: agent,
      headers: { cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') cookies.delete(key)
      else cookies.set(key, value)
    }
    form = undefined
    const location = response.headers.get('location')
    if (location !== null) {
      address = new URL(location, address).href
      continue
    }
    const html = await response.text()
    address = new URL(/action="([^"]+)"/.exec(html)?.[1] ?? expect.fail(html), address).href
    form = html.includes('name="login"')
      ? { prompt: 'login', login, password: 'anything' }
      : { prompt: 'consent' }
  }
  throw new Error('the issuer never sent the browser back')
}
