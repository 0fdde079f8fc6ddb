import { ConfigProblem } from '../server/config/configProblem.ts'
import { readEnv } from '../server/config/env.ts'

export interface Questions {
  /** Resolves with what the person typed. */
  ask(question: string): Promise<string>
  tell(line: string): void
}

type Settings = Record<string, string>

/**
 * Asks what a new installation needs to know, and gives its settings. An answer that the server would refuse is asked for
 * again, with the reason.
 */
export async function askSettings(questions: Questions): Promise<Settings> {
  const model = await askModel(questions)
  const address = await askAddress(questions)
  const access = await askAccess(questions, address)
  const database = await askDatabase(questions)
  return { ...model, ...address, ...access, ...database }
}

async function askModel(questions: Questions): Promise<Settings> {
  const kind = await choose(questions, 'Who writes the replies?', [
    'nobody yet: the built-in guide answers questions about Riacho',
    'OpenAI',
    'another server that speaks its API, such as Ollama, vLLM or OpenRouter',
  ])
  if (kind === 1) return {}
  const settings: Settings = { OPENAI_MODEL: 'unknown' }
  if (kind === 3)
    await askOne(questions, settings, 'OPENAI_BASE_URL', 'Its address, such as http://localhost:11434/v1')
  const key = kind === 2 ? 'The API key' : 'The API key, if it wants one'
  await askOne(questions, settings, 'OPENAI_API_KEY', key, { isOptional: kind === 3 })
  const example = kind === 2 ? 'gpt-5-mini' : 'llama3.2'
  await askOne(questions, settings, 'OPENAI_MODEL', `The name of the model, such as ${example}`)
  return settings
}

async function askAddress(questions: Questions): Promise<Settings> {
  const kind = await choose(questions, 'Who reaches it?', [
    'only this machine',
    'people, by an https address that a proxy on this machine serves, such as nginx or Caddy',
  ])
  if (kind === 1) return {}
  const settings: Settings = { TRUST_PROXY: '1' }
  await askOne(questions, settings, 'PUBLIC_URL', 'The address, such as https://chat.example.com')
  return settings
}

/** `address`: what was answered before. Mail needs it. */
async function askAccess(questions: Questions, address: Settings): Promise<Settings> {
  const canMail = 'PUBLIC_URL' in address
  const kind = await choose(questions, 'Who may come in?', [
    'everybody who reaches it',
    'people whom you invite: npm run account -- invite <email>',
    ...(canMail ? ['people who make an account, by a link that is mailed'] : []),
  ])
  if (kind === 1) return {}
  if (kind === 2) return { ACCESS: 'invite' }
  const settings: Settings = { ...address, ACCESS: 'accounts', MAIL_FROM: 'unknown@example.com' }
  const server = 'The mail server, such as smtps://user:password@mail.example.com'
  await askOne(questions, settings, 'SMTP_URL', server)
  await askOne(questions, settings, 'MAIL_FROM', 'Where mail comes from, such as chat@example.com')
  return settings
}

async function askDatabase(questions: Questions): Promise<Settings> {
  const kind = await choose(questions, 'Where are the conversations?', [
    'in a file of this machine, data/riacho.db',
    'in PostgreSQL, so that several machines can share them',
  ])
  const settings: Settings = {}
  if (kind === 2)
    await askOne(
      questions,
      settings,
      'DATABASE_URL',
      'Its address, such as postgres://riacho:password@db.example.com/riacho',
    )
  return settings
}

/** Gives the number of the chosen line, from 1 on. Enter takes the first. */
async function choose({ ask, tell }: Questions, question: string, lines: readonly string[]): Promise<number> {
  tell(`\n${question}`)
  for (const [index, line] of lines.entries()) tell(`  ${index + 1}  ${line}`)
  for (;;) {
    const number = Number((await ask(`1 to ${lines.length} [1]: `)).trim() || 1)
    if (Number.isInteger(number) && number >= 1 && number <= lines.length) return number
    tell(`  Type a number from 1 to ${lines.length}.`)
  }
}

/** Puts an answer into `settings` that the server takes. */
async function askOne(
  { ask, tell }: Questions,
  settings: Settings,
  name: string,
  question: string,
  { isOptional = false } = {},
): Promise<void> {
  for (;;) {
    const answer = (await ask(`${question}: `)).trim()
    if (answer === '' && isOptional) return
    const problem = answer === '' ? `${name}: missing` : problemOf({ ...settings, [name]: answer }, name)
    if (problem === undefined) {
      settings[name] = answer
      return
    }
    tell(`  ${problem}`)
  }
}

/** What the server would say of one setting. It never repeats the value. */
function problemOf(settings: Settings, name: string): string | undefined {
  try {
    readEnv(settings)
    return undefined
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error
    return error.problems.find(problem => problem.startsWith(`${name}:`))
  }
}

/** The settings as a file `.env`. */
export function envFileOf(settings: Settings): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`)
  return `# Every setting is in .env.example and docs/configuration.md.\n${lines.join('\n')}\n`
}

/** Node takes what follows a hash or stands in quotes for something else. */
function quoted(value: string): string {
  if (!/[#'"`\s\\]/.test(value)) return value
  const mark = ["'", '"', '`'].find(each => !value.includes(each)) ?? "'"
  return `${mark}${value}${mark}`
}
