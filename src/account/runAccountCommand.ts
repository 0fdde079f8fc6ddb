// What an operator does with accounts, while servers run or not:
//   npm run account -- invite ana@example.com
import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { createAccountLinks } from '../server/accounts/accountLinks.ts'
import { AccountProblem, createOperator, type OperateOptions } from '../server/accounts/operateAccounts.ts'
import { ConfigProblem } from '../server/config/configProblem.ts'
import { type Env, readEnv } from '../server/config/env.ts'
import type { AccountRow } from '../server/database/accounts/accountRows.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import { openDatabase } from '../server/database/openDatabase.ts'
import { openBeside } from '../server/database/sqlite/openBeside.ts'

const USAGE = `npm run account -- invite <email>    gives a link that makes an account
npm run account -- reset <email>     gives a link that sets a new password
npm run account -- list              lists all accounts
npm run account -- disable <email>   signs this account out everywhere, and lets nobody sign in to it
npm run account -- enable <email>    lets it sign in again
npm run account -- admin <email>     makes this account an administrator`

const ACTIONS = ['invite', 'reset', 'disable', 'enable', 'admin'] as const

type Command = { action: 'list' } | { action: (typeof ACTIONS)[number]; email: string }

/** Throws `TypeError` if the arguments are wrong. */
function readCommand([name, address, ...others]: readonly string[]): Command {
  if (others.length > 0) throw new TypeError('more than one address')
  if (name === 'list' && address === undefined) return { action: name }
  const action = ACTIONS.find(each => each === name)
  if (!action) throw new TypeError(`expected one of ${[...ACTIONS, 'list'].join(', ')}`)
  const email = z.email().safeParse(address?.trim().toLowerCase())
  if (!email.success) throw new TypeError('expected an e-mail address')
  return { action, email: email.data }
}

async function openFor({ database }: Env): Promise<OperateOptions['database'] & { close(): Promise<void> }> {
  return database.file === undefined
    ? openDatabase(database, pino({ level: 'silent' }))
    : openBeside(database.file)
}

async function run(command: Command): Promise<void> {
  const env = readEnv()
  const database = await openFor(env)
  try {
    const now = Date.now
    const logger = pino({ level: 'silent' })
    const links = createAccountLinks({ siteUrl: '', sendMail: undefined, steadyTime: now, logger })
    const operator = createOperator({ database, links, createId: () => uuidv7(), now })
    const site = env.server.publicUrls[0] ?? `http://localhost:${env.server.port}`
    console.log(await answerTo(command, operator, site))
  } finally {
    await database.close()
  }
}

async function answerTo(
  command: Command,
  operator: ReturnType<typeof createOperator>,
  site: string,
): Promise<string> {
  if (command.action === 'list')
    return (await operator.list()).map(lineOf).join('\n') || 'There is no account.'
  const { action, email } = command
  if (action === 'invite')
    return `This link makes an account for ${email}, once, within 7 days:\n${site}${await operator.invite(email)}`
  if (action === 'reset')
    return `This link sets a new password for ${email}, once, within an hour:\n${site}${await operator.reset(email)}`
  if (action === 'disable') {
    await operator.disable(email)
    return `${email} is disabled, and signed out everywhere.`
  }
  if (action === 'enable') {
    await operator.enable(email)
    return `${email} can sign in again.`
  }
  await operator.makeAdmin(email)
  return `${email} is an administrator.`
}

function lineOf({ email, role, name, confirmed_at, disabled_at, created_at }: AccountRow): string {
  const marks = [
    role,
    confirmed_at === null ? 'not confirmed' : 'confirmed',
    ...(disabled_at === null ? [] : ['disabled']),
  ]
  const since = new Date(created_at).toISOString().slice(0, 10)
  return [email, ...marks, `since ${since}`, ...(name ? [name] : [])].join(', ')
}

let command: Command | undefined
try {
  command = readCommand(process.argv.slice(2))
} catch (error) {
  console.error(`account: ${error instanceof Error ? error.message : error}\n\n${USAGE}`)
  process.exitCode = 2
}
if (command)
  try {
    await run(command)
  } catch (error) {
    const isTold =
      error instanceof AccountProblem || error instanceof ConfigProblem || error instanceof DatabaseProblem
    console.error(isTold ? error.message : error)
    process.exitCode = 1
  }
