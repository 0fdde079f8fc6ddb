import { join } from 'node:path'
import { pino } from 'pino'
import { giveMemoryBack } from './giveMemoryBack.ts'
import { RiachoError } from './protocol/errors.ts'
import { systemClock } from './server/clock.ts'
import { ConfigProblem } from './server/config/configProblem.ts'
import { readEnv, unknownSettings } from './server/config/env.ts'
import { DatabaseProblem } from './server/database/databaseProblem.ts'
import { openPages } from './server/http/pages.ts'
import { FIRST_ADMIN, startRiacho } from './startRiacho.ts'
import { startTracing } from './tracing.ts'

try {
  await main()
} catch (error) {
  console.error(problemOf(error))
  process.exit(1)
}

async function main(): Promise<void> {
  const env = readEnv()
  const logger = pino({ level: env.logLevel })
  for (const name of unknownSettings()) {
    logger.warn(notASetting(name))
  }
  const pages = await openPages(join(import.meta.dirname, '..', 'dist'))
  const tracing = await startTracing(process.env, logger)
  const riacho = await startRiacho(env, { logger, pages, tracer: tracing?.tracer, variables: process.env })
  // One name for both, because a session is that of a host, and a passkey needs a name.
  const named = (address: string) => address.replace('//127.0.0.1', '//localhost')
  console.log(`Riacho: ${named(riacho.url)}`)
  if (riacho.firstAdminLink) console.log(`${FIRST_ADMIN}\n${named(riacho.firstAdminLink)}`)

  const memory = giveMemoryBack(systemClock)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'draining')
      void riacho
        .close()
        .then(memory.stop)
        .then(() => tracing?.close())
        .then(() => process.exit(0))
    })
  }
}

function notASetting(name: string): string {
  return `${name} is not a setting of Riacho, and changes nothing. See docs/configuration.md.`
}

function problemOf(error: unknown): string {
  if (error instanceof ConfigProblem) return [error.message, ...unknownSettings().map(notASetting)].join('\n')
  if (error instanceof DatabaseProblem) return error.message
  if (error instanceof RiachoError && error.details.reason) return error.message
  if (error instanceof Error && 'code' in error && 'port' in error) {
    if (error.code === 'EADDRINUSE') return `Port ${error.port} is taken. Stop what uses it, or set PORT.`
    if (error.code === 'EADDRNOTAVAIL')
      return 'HOST is no address of this machine. Set it to 127.0.0.1, to 0.0.0.0, or to one that it has.'
    if (error.code === 'EACCES') return `Port ${error.port} needs more rights. Set PORT to 1024 or more.`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
