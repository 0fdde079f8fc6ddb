import { parseArgs } from 'node:util'
import { FORMATS } from './formats/formats.ts'

export const USAGE = `riacho import chatgpt <export.zip>       what ChatGPT sends you: a zip, its folder, or conversations.json
riacho import claude <export.zip>        the same of Claude
riacho import librechat <folder or file> conversations that LibreChat exported to JSON
riacho import open-webui <file>          chats that Open WebUI exported to JSON
riacho import prisma <database-url>      the tables Conversation and Message of your own app

--dry-run            stores nothing, and says what would be imported and what not
--owner <id>         whose they become: the id that your app gives this person. With prisma: those that name nobody
--visitor <cookie>   the same for a visitor: the value of the cookie riacho_session in their browser
--database <path>    the database of Riacho; default: DATABASE_URL, or data/riacho.db
--assistant <id>     who goes on with the conversations; default: the first assistant
--name <ours=yours>  prisma only: the name of a table or column, such as conversations=Chat or messages.content=body
--ignore-people      prisma only: gives --owner or --visitor also what names another person
--source <name>      prisma only: under which name Riacho remembers the database; default: its address and table`

/** What a person asked for. */
export interface ImportCommand {
  kind: keyof typeof FORMATS | 'prisma'
  /** A path, or the address of a database. */
  from: string
  isDryRun: boolean
  owner: string | undefined
  visitor: string | undefined
  database: string | undefined
  assistant: string | undefined
  names: readonly string[]
  ignoresPeople: boolean
  source: string | undefined
}

const KINDS: readonly string[] = [...Object.keys(FORMATS), 'prisma']

/** Throws a `TypeError` that says what is wrong with the arguments. */
export function readCommand(args: readonly string[]): ImportCommand {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'dry-run': { type: 'boolean', default: false },
      owner: { type: 'string' },
      visitor: { type: 'string' },
      database: { type: 'string' },
      assistant: { type: 'string' },
      name: { type: 'string', multiple: true, default: [] },
      'ignore-people': { type: 'boolean', default: false },
      source: { type: 'string' },
    },
  })
  const [kind, from, ...others] = positionals
  if (kind === undefined || !KINDS.includes(kind)) throw new TypeError(`expected one of ${KINDS.join(', ')}`)
  if (from === undefined) throw new TypeError('expected what to import')
  // What was given is not printed, because the address of a database may have a password.
  if (others.length > 0) throw new TypeError(`expected one thing to import, and got ${others.length + 1}`)
  if (kind !== 'prisma' && /^(\w[\w+.-]*:\/\/|postgres(ql)?:|mysql:|mariadb:)/i.test(from))
    throw new TypeError('expected a path, and got an address: only prisma takes one')
  if (values.owner !== undefined && values.visitor !== undefined)
    throw new TypeError('expected either --owner or --visitor')
  const ofPrisma = {
    name: values.name[0],
    source: values.source,
    'ignore-people': values['ignore-people'] || undefined,
  }
  for (const [option, value] of Object.entries(ofPrisma))
    if (kind !== 'prisma' && value !== undefined) throw new TypeError(`--${option} is for prisma`)
  if (values['ignore-people'] && values.owner === undefined && values.visitor === undefined)
    throw new TypeError('--ignore-people needs --owner or --visitor')
  return {
    kind: kind as ImportCommand['kind'],
    from,
    isDryRun: values['dry-run'],
    owner: values.owner,
    visitor: values.visitor,
    database: values.database,
    assistant: values.assistant,
    names: values.name,
    ignoresPeople: values['ignore-people'],
    source: values.source,
  }
}
