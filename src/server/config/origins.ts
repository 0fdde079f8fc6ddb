import { z } from 'zod'

/** The origin that a text names. `undefined` if it names none, or more than one. */
export function originOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || !url.host) return undefined
  return url.href === `${url.origin}/` ? url.origin : undefined
}

/** A list of origins. */
export const origins = z.string().transform((value, context) => {
  const found: string[] = []
  for (const item of value.split(',')) {
    const origin = originOf(item.trim())
    if (origin) found.push(origin)
    else {
      context.addIssue(
        'not a list of origins; expected such as https://chat.example.com, separated by commas',
      )
      return z.NEVER
    }
  }
  return found
})

/** Reads a list of origins as settings have it. Empty if it is none. */
export function readOrigins(value: string | undefined): readonly string[] {
  return origins.safeParse(value).data ?? []
}

/** Where one server is reached. */
export const nodeAddress = z.string().transform((value, context) => {
  const origin = originOf(value)
  if (origin) return origin
  context.addIssue('not the address of a server; expected such as http://10.0.0.5:3000, without a path')
  return z.NEVER
})
