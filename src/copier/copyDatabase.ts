// Copies an installation from SQLite to PostgreSQL, while no server has either:
//   npm run db:copy -- file:./data/riacho.db postgres://riacho@localhost:5432/riacho
import { pino } from 'pino'
import { RiachoError } from '../protocol/errors.ts'
import { ConfigProblem } from '../server/config/configProblem.ts'
import { readEnv } from '../server/config/env.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import { wordsOf } from '../server/database/postgres/storageFaults.ts'
import { runCopy } from './runCopy.ts'
import { openSource } from './source.ts'
import { openTarget } from './target.ts'

const USAGE = `db:copy file:<path> postgres://<user>@<host>:<port>/<database>

Copies everything from the SQLite file into an empty database of PostgreSQL, and compares both. Stop the server first.
If it is interrupted, give the same command again: it goes on where it was. The password may stand in PGPASSWORD.

Exit codes: 0, everything was copied; 1, something was not; 2, this is not how to call it.`

interface CopyCommand {
  file: string
  url: string
}

/** `undefined` if this is no command. */
function readCommand([from, to, ...others]: readonly string[]): CopyCommand | undefined {
  if (from === undefined || to === undefined || others.length > 0) return undefined
  const { file } = readEnv({ DATABASE_URL: from }).database
  const { url, file: targetFile } = readEnv({ DATABASE_URL: to }).database
  return file === undefined || targetFile !== undefined ? undefined : { file, url }
}

async function run({ file, url }: CopyCommand): Promise<void> {
  const output = process.stderr
  const source = await openSource(file, pino({ level: 'silent' }))
  try {
    const say = (line: string) => output.write(`${line}\n`)
    const target = await openTarget(url, { sourceId: source.id, say })
    try {
      const { isWhole, text } = await runCopy(source, target, output)
      console.log(text)
      if (!isWhole) process.exitCode = 1
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

function problemOf(error: unknown): string {
  const isTold = error instanceof DatabaseProblem || (error instanceof RiachoError && error.details.reason)
  return isTold
    ? wordsOf(error)
    : `The copy broke off: ${wordsOf(error)}. Give the same command again to go on.`
}

let command: CopyCommand | undefined
try {
  command = readCommand(process.argv.slice(2))
  if (!command) console.error(USAGE)
} catch (error) {
  if (!(error instanceof ConfigProblem)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
}
if (!command) process.exitCode = 2
else
  try {
    await run(command)
  } catch (error) {
    console.error(problemOf(error))
    process.exitCode = 1
  }
