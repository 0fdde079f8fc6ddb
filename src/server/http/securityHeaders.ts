import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'

/**
 * Headers of every answer, whatever answers. A page has a policy for its content in place of this one. They are a list
 * and no library, because an answer to what is no HTTP is written without one.
 */
export const SECURITY_HEADERS: HeaderFields = {
  // ASVS asks for `object-src` by name, although `default-src` covers it.
  'content-security-policy':
    "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
}

/** Tells a browser to ask the host by https alone for a year. */
const HTTPS_ALONE: HeaderFields = { 'strict-transport-security': 'max-age=31536000' }

/**
 * Makes a function that gives the headers for hosts which speak https alone (HSTS). Browsers hold to it for all ports
 * of a host, and nobody can take it back. So it goes only to a host that `publicUrls` names with https at the usual port,
 * and never with http. It leaves out the names below the host, because they may belong to other programs.
 */
export function createHttpsAlone(
  publicUrls: readonly string[],
): (request: Pick<RequestFacts, 'host' | 'protocol'>) => HeaderFields {
  const urls = publicUrls.map(url => new URL(url))
  const alsoSpeaksHttp = ({ hostname }: URL) =>
    urls.some(other => other.protocol === 'http:' && other.hostname === hostname)
  const alone = urls.filter(url => url.protocol === 'https:' && url.port === '' && !alsoSpeaksHttp(url))
  const hosts = new Set(alone.map(({ hostname }) => hostname))
  // Most servers have none, and who asks by which name costs something to find out.
  if (hosts.size === 0) return () => ({})
  return ({ host, protocol }) => (protocol === 'https' && hosts.has(host.toLowerCase()) ? HTTPS_ALONE : {})
}
