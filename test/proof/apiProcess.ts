import { pino } from 'pino'
import { createApp } from '../../src/riacho.ts'
import { readEnv } from '../../src/server/config/env.ts'

/** The server without its pages, as a process to be killed: it starts in a third of the time. */
const env = readEnv()
const app = await createApp({ env, logger: pino({ level: env.logLevel }) })
console.log(`Riacho: ${await app.listen()}`)
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)))
