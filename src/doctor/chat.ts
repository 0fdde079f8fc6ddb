import { LOCALES } from '../protocol/locale.ts'
import { ACCOUNT_PAGE } from '../protocol/pages.ts'
import { type Finding, fail, note, ok } from './finding.ts'
import type { Site } from './site.ts'

const FORWARD_PROTO = 'TRUST_PROXY=1 in .env, and in nginx: proxy_set_header X-Forwarded-Proto $scheme;'
const FORWARD_HOST = 'in nginx: proxy_set_header Host $http_host;'

/** Checks that the server takes work. It refuses if it cannot store. */
export async function checkReady(site: Site): Promise<Finding[]> {
  const response = await site.fetch('/api/ready')
  // With PostgreSQL a node counts as ready for 30 s without it, and only a read tells at once.
  const read = response.status === 200 ? await site.fetch('/api/chat/conversations') : response
  if (read.status !== 503 && response.status === 200) return [ok('database', 'answers')]
  const { code } = await errorOf(read)
  if (code === 'STORAGE_UNAVAILABLE') {
    return [
      fail(
        'database',
        'cannot be used',
        "check disk space and the data folder's rights, or whether PostgreSQL runs",
      ),
    ]
  }
  return [fail('ready', `/api/ready answers ${response.status} ${code}`, 'see the log of the server')]
}

/** Checks the page in each of its languages. */
export async function checkPage(site: Site): Promise<Finding[]> {
  for (const locale of LOCALES) {
    const init = { headers: { 'accept-language': locale, accept: 'text/html' } }
    const start = await site.fetch('/', init)
    // Where only people with an account come in, everybody else is sent to sign in.
    const isSentOn = start.status === 302 && start.headers.get('location')?.startsWith(ACCOUNT_PAGE)
    const response = isSentOn ? await site.fetch(ACCOUNT_PAGE, init) : start
    const html = await response.text()
    if (response.status !== 200)
      return [fail('page', `/ answers ${response.status}`, 'see the log of the server')]
    const lang = /<html[^>]* lang="([^"]*)"/.exec(html)?.[1]
    if (lang === undefined)
      return [fail('page', '/ is not the page of Riacho', 'pass every path on to Riacho')]
    if (lang !== locale) {
      const text = `asked for in ${locale}, the page came in ${lang}`
      return [fail('page', text, 'let no proxy cache the page, or drop accept-language')]
    }
  }
  return [ok('page', `answers in ${LOCALES.join(', ')}`)]
}

/** Checks the session cookie of a new owner. */
export async function checkCookie(site: Site): Promise<Finding[]> {
  const response = await site.fetch('/api/chat/conversations')
  if (response.headers.get('www-authenticate') === 'Bearer')
    return [note('cookie', 'nobody is a visitor, because the server requires host tokens')]
  if (response.headers.get('www-authenticate') === 'Session')
    return [note('cookie', 'nobody is a visitor, because ACCESS lets in only people with an account')]
  const cookie = response.headers.getSetCookie().find(text => /^(__Host-)?riacho_session=/.test(text))
  if (!cookie) return [fail('cookie', 'no session cookie came', 'let the proxy pass set-cookie on')]
  const has = (attribute: string) => new RegExp(`;\\s*${attribute}(;|$)`, 'i').test(cookie)
  const missing = ['HttpOnly', 'SameSite=Lax'].filter(attribute => !has(attribute))
  if (missing.length > 0) {
    return [fail('cookie', `${missing.join(' and ')} missing`, 'let the proxy pass set-cookie on unchanged')]
  }
  if (site.isHttps && !has('Secure')) {
    return [fail('cookie', 'not Secure: the server takes the connection for http', FORWARD_PROTO)]
  }
  return [ok('cookie', `HttpOnly, SameSite=Lax${has('Secure') ? ', Secure' : ''}`)]
}

/** Checks that only the page's own origin may write. Both requests are invalid, so that nothing is stored. */
export async function checkOrigin(site: Site): Promise<Finding[]> {
  const write = (headers: Record<string, string>) =>
    site.fetch('/api/chat/conversations', { method: 'POST', body: { title: '' }, headers })
  const foreign = await write({ origin: 'https://elsewhere.invalid', 'sec-fetch-site': 'cross-site' })
  if ((await errorOf(foreign)).code !== 'FORBIDDEN') {
    return [
      fail('origin', "another site's page may write", 'let the proxy pass origin and sec-fetch-site on'),
    ]
  }
  const own = await write({ origin: site.origin })
  if ((await errorOf(own)).code === 'FORBIDDEN') {
    return [
      fail('origin', "the page's own writes are refused", `PUBLIC_URL=${site.origin} in .env`, FORWARD_HOST),
    ]
  }
  return [ok('origin', 'only its own page may write')]
}

async function errorOf(response: Response): Promise<{ code: string }> {
  const body: { code?: string } | null = await response.json().catch(() => null)
  return { code: body?.code ?? '' }
}
