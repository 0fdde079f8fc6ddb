import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE = join(import.meta.dirname, '..')

const USAGE = `riacho            starts the server; its settings come from the environment and from .env
riacho setup      asks what a new installation needs to know, and writes .env
riacho doctor     checks a running server, and what it needs on this machine
riacho account    invites, lists, disables: what an operator does with accounts
riacho import     imports conversations of other programs
riacho backup     copies the database while a server uses it
riacho restore    puts a copy in place of the database
riacho db:copy    copies everything from a SQLite file to PostgreSQL
riacho --version
riacho --help

Settings: ${join(PACKAGE, 'docs', 'configuration.md')}`

/** Node marks `node:sqlite` as experimental in some versions. Nobody who starts Riacho can act on that. */
function hideSqliteWarning(): void {
  const { emitWarning } = process
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return
    emitWarning.call(process, warning, ...rest)
  }) as typeof process.emitWarning
}

async function start(): Promise<void> {
  await readSettings()
  await import('./main.ts')
}

async function readSettings(): Promise<void> {
  hideSqliteWarning()
  await import('./loadEnv.ts')
  // A folder without assistants of its own gets the one of the package.
  if (!process.env['ASSISTANTS_DIR'] && !existsSync('assistants'))
    process.env['ASSISTANTS_DIR'] = join(PACKAGE, 'assistants')
}

async function importConversations(args: readonly string[]): Promise<void> {
  process.argv.splice(2, process.argv.length, ...args)
  await readSettings()
  await import('./importer/importConversations.ts')
}

async function copyToPostgres(args: readonly string[]): Promise<void> {
  process.argv.splice(2, process.argv.length, ...args)
  hideSqliteWarning()
  await import('./loadEnv.ts')
  await import('./copier/copyDatabase.ts')
}

async function doctor(args: readonly string[]): Promise<void> {
  process.argv.splice(2, process.argv.length, ...args)
  await import('./loadEnv.ts')
  await import('./doctor/main.ts')
}

async function operateAccounts(args: readonly string[]): Promise<void> {
  process.argv.splice(2, process.argv.length, ...args)
  await readSettings()
  await import('./account/runAccountCommand.ts')
}

async function copyDatabase(args: readonly string[]): Promise<void> {
  process.argv.splice(2, process.argv.length, ...args)
  await readSettings()
  await import('./backup/main.ts')
}

function version(): string {
  return JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version
}

const [command = 'start', ...args] = process.argv.slice(2)
if (command === 'start' && args.length === 0) await start()
else if (command === 'setup') await import('./setup/main.ts')
else if (command === 'doctor') await doctor(args)
else if (command === 'import') await importConversations(args)
else if (command === 'account') await operateAccounts(args)
else if (command === 'db:copy') await copyToPostgres(args)
else if (command === 'backup' || command === 'restore') await copyDatabase([command, ...args])
else if (command === '--version' || command === '-v') console.log(version())
else if (command === '--help' || command === '-h') console.log(USAGE)
else {
  console.error(`riacho: unknown command: ${[command, ...args].join(' ')}\n\n${USAGE}`)
  process.exitCode = 2
}
