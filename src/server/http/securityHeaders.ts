import type { HeaderFields } from '../access/requestFacts.ts'

/**
 * Headers of every answer, whatever answers. A page has a policy for its content besides. They are a list and no
 * library, because an answer to what is no HTTP is written without one.
 */
export const SECURITY_HEADERS: HeaderFields = {
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
