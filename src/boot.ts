import { join } from 'node:path'
import next from 'next'
import { pino } from 'pino'
import { createApp } from './server/app.ts'
import { ConfigProblem } from './server/config/configProblem.ts'
import { readEnv, readMisspellings } from './server/config/env.ts'
import { DatabaseProblem } from './server/database/open.ts'
import type { Pages } from './server/http/server.ts'

try {
  await main()
} catch (error) {
  console.error(problemOf(error))
  process.exit(1)
}

async function main(): Promise<void> {
  const env = readEnv()
  const logger = pino({ level: env.logLevel })
  for (const { name, known } of readMisspellings()) {
    logger.warn(`${name} is not a setting of Riacho, and changes nothing. Is ${known} meant?`)
  }
  const pages = createPages(env.server)
  const app = await createApp({ env, logger, pages: pages.handle })
  const address = await app.listen()
  await pages.ready
  console.log(`Riacho: ${address.replace('127.0.0.1', 'localhost')}`)

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'draining')
      void app.close().then(() => process.exit(0))
    })
  }
}

/** Next.js starts while the database opens; a page asked for before that waits. */
function createPages({ host, port }: { host: string; port: number }): {
  handle: Pages
  ready: Promise<void>
} {
  const pages = next({ dev: false, dir: join(import.meta.dirname, '..'), hostname: host, port })
  const ready = pages.prepare()
  const handler = pages.getRequestHandler()
  return {
    ready,
    async handle(request, response) {
      await ready
      await handler(request, response)
    },
  }
}

function problemOf(error: unknown): string {
  if (error instanceof ConfigProblem || error instanceof DatabaseProblem) return error.message
  if (error instanceof Error && 'code' in error && 'port' in error) {
    if (error.code === 'EADDRINUSE') return `Port ${error.port} is taken. Stop what uses it, or set PORT.`
    if (error.code === 'EACCES') return `Port ${error.port} needs more rights. Set PORT to 1024 or more.`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
