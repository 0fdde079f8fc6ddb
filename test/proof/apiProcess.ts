import { pino } from 'pino'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'
import { ledgerTools } from './ledger.ts'

/** The server without its pages, as a process that a test kills. It starts in a third of the time. With `LEDGER` it has tools, which never answer with `LEDGER_HOLDS`. */
const env = readEnv()
const { LEDGER, LEDGER_HOLDS } = process.env
const riacho = await startRiacho(env, {
  logger: pino({ level: env.logLevel }),
  ...(LEDGER && { tools: ledgerTools(LEDGER, { holds: LEDGER_HOLDS === 'true' }) }),
})
console.log(`Riacho: ${riacho.url}`)
process.once('SIGTERM', () => void riacho.close().then(() => process.exit(0)))
