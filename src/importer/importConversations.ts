// Imports conversations of other programs, while no server has the database:
//   npm run import -- chatgpt export.zip --dry-run
import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { RiachoError } from '../protocol/errors.ts'
import { systemClock } from '../server/clock.ts'
import { loadAssistants } from '../server/config/assistant.ts'
import { ConfigProblem } from '../server/config/configProblem.ts'
import { type Env, readEnv } from '../server/config/env.ts'
import { createRequireRoom } from '../server/conversations/requireRoom.ts'
import { giveUpCopies } from '../server/database/conversations.ts'
import type { Database } from '../server/database/database.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import { placeImports } from '../server/database/imports.ts'
import { openDatabase } from '../server/database/openDatabase.ts'
import { createImporter } from '../server/importing/importConversation.ts'
import { openExport } from './exportSource.ts'
import { type ImportCommand, readCommand, USAGE } from './importCommand.ts'
import { ImportProblem } from './importProblem.ts'
import type { ImportSource } from './importSource.ts'
import { ownerFor } from './owner.ts'
import { openPrisma } from './prisma/prismaSource.ts'
import { checkSource, importSource } from './runImport.ts'

type OpenedSource = ImportSource & { hasPeople: boolean }

async function openSource({ kind, from, names, source }: ImportCommand): Promise<OpenedSource> {
  if (kind === 'prisma') return openPrisma(from, { names, source })
  return { ...(await openExport(kind, from)), hasPeople: false }
}

/** A dry run opens no database, so that it can run beside a server and leaves nothing behind. */
async function dryRun(command: ImportCommand, source: OpenedSource): Promise<void> {
  const ownerOf = await ownerFor(command, source)
  const report = await checkSource(source, { now: systemClock.now(), output: process.stderr, ownerOf })
  console.log(`${report.preview()}\n\nThis was a dry run: nothing was stored.`)
}

async function run(command: ImportCommand): Promise<void> {
  const source = await openSource(command)
  try {
    if (command.isDryRun) return await dryRun(command, source)
    const env = readEnv(settingsFor(command))
    const assistant = command.assistant ?? (await firstAssistant(env))
    const database = await openDatabase(env.database, pino({ level: 'silent' }))
    try {
      await store(command, { source, database, env, assistant })
    } finally {
      await database.close()
    }
  } finally {
    await source.close()
  }
}

async function store(
  command: ImportCommand,
  opened: { source: OpenedSource; database: Database; env: Env; assistant: string },
): Promise<void> {
  const { source, database, env, assistant } = opened
  const ownerOf = await ownerFor(command, { ...source, queries: database.queries })
  const output = process.stderr
  const checked = await checkSource(source, { now: systemClock.now(), output, ownerOf })
  // What an import left that was killed. The next server erases it.
  await database.write('process', queries => giveUpCopies(queries, { begunBefore: Number.MAX_SAFE_INTEGER }))
  const importConversation = createImporter({
    database,
    requireRoom: createRequireRoom(env.ownerQuotaBytes),
    clock: systemClock,
    createId: () => uuidv7(),
    assistant,
    source: source.name,
    defaultModel: source.defaultModel,
  })
  const total = checked.conversations.found
  const { report, owners } = await importSource(source, { total, output, ownerOf, importConversation })
  // The last commit is synced, and with it every one before.
  for (const owner of owners) await database.write('power', queries => placeImports(queries, owner))
  console.log(report.result())
  if (report.conversations.refused > 0) process.exitCode = 1
}

/** Only what an import needs: an app that mounts Riacho may have settings of the same names for itself. */
function settingsFor({ database }: ImportCommand): NodeJS.Dict<string> {
  const { DATABASE_URL, OWNER_QUOTA_MB, ASSISTANTS_DIR } = process.env
  const named = database?.startsWith('file:') === false ? `file:${database}` : database
  return { DATABASE_URL: named ?? DATABASE_URL, OWNER_QUOTA_MB, ASSISTANTS_DIR }
}

async function firstAssistant({ assistantsDir }: Env): Promise<string> {
  const [first] = await loadAssistants(assistantsDir, { defaultModel: '' })
  return first?.id ?? ''
}

function problemOf(error: unknown): string {
  const isTold =
    error instanceof ImportProblem ||
    error instanceof ConfigProblem ||
    error instanceof DatabaseProblem ||
    (error instanceof RiachoError && error.details.reason)
  if (isTold) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

let command: ImportCommand | undefined
try {
  command = readCommand(process.argv.slice(2))
} catch (error) {
  console.error(`riacho import: ${error instanceof Error ? error.message : error}\n\n${USAGE}`)
  process.exitCode = 2
}
if (command)
  try {
    await run(command)
  } catch (error) {
    console.error(problemOf(error))
    process.exitCode = 1
  }
