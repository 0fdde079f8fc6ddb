import { z } from 'zod'
import { isLoopback } from '../loopback.ts'

const issuer = z.strictObject({
  /** Stands in addresses. */
  name: z.string().regex(/^[a-z\d-]{1,40}$/),
  /** What people read. */
  label: z.string().trim().min(1).max(60),
  issuer: z.url().refine(value => {
    const { protocol, hostname } = new URL(value)
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  }),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** What the issuer is asked for. */
  scope: z
    .string()
    .regex(/^openid( \S+)*$/)
    .default('openid email profile'),
})

/** A server that says who somebody is, and what Riacho is to it. */
export type IssuerSettings = Readonly<z.infer<typeof issuer>>

const list = z.array(issuer).refine(all => new Set(all.map(({ name }) => name)).size === all.length)

/** A list of issuers, as JSON. What is wrong is told without its value, because it has secrets. */
export const issuers = z.string().transform((value, context): readonly IssuerSettings[] => {
  try {
    return list.parse(JSON.parse(value))
  } catch {
    context.addIssue(
      'not a list of issuers; expected JSON such as [{"name":"google","label":"Google","issuer":"https://accounts.google.com","clientId":"…","clientSecret":"…"}]',
    )
    return z.NEVER
  }
})
