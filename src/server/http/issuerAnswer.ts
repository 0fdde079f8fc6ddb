import { z } from 'zod'

/** The query with which an issuer sends a person back. Any is taken, because a person looks at what comes of it. */
export const issuerAnswer = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

/** What an issuer answers. `undefined`: a parameter is repeated, which none may be (RFC 6749, 3.1). */
export function readIssuerAnswer(query: z.infer<typeof issuerAnswer>): URLSearchParams | undefined {
  const entries = Object.entries(query)
  const single = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return single.length === entries.length ? new URLSearchParams(single) : undefined
}
