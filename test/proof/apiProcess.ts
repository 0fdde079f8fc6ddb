import { pino } from 'pino'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'

/** The server without its pages, as a process that a test kills. It starts in a third of the time. */
const env = readEnv()
const riacho = await startRiacho(env, { logger: pino({ level: env.logLevel }) })
console.log(`Riacho: ${riacho.url}`)
process.once('SIGTERM', () => void riacho.close().then(() => process.exit(0)))
