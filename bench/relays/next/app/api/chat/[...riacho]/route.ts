import type { Riacho } from '../../../../../../../src/riacho.ts'

/** Riacho in this process. Node loads the package by itself, as with `withRiacho()`; its folder is not in this app. */
let opened: Promise<Riacho> | undefined

async function open(): Promise<Riacho> {
  const { createRiacho } = await import(/* turbopackIgnore: true */ process.env['RIACHO_PACKAGE'] ?? '')
  return createRiacho({
    database: process.env['DATABASE_URL'],
    openai: { baseUrl: process.env['OPENAI_BASE_URL'], apiKey: 'bench', model: 'bench' },
    settings: { RATE_LIMIT_PER_MINUTE: '0' },
  })
}

async function handle(request: Request): Promise<Response> {
  opened ??= open()
  return (await opened).handler(request)
}

export { handle as GET, handle as POST }
export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'
