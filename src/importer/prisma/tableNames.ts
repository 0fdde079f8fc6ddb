import { ImportProblem } from '../importProblem.ts'
import type { SqlSource } from './sqlSource.ts'

/** The names of the tables and columns, as an app with this plan has them. */
const DEFAULTS = {
  conversations: 'Conversation',
  'conversations.id': 'id',
  'conversations.title': 'title',
  'conversations.status': 'status',
  'conversations.threadId': 'threadId',
  'conversations.userId': 'userId',
  'conversations.createdAt': 'createdAt',
  'conversations.updatedAt': 'updatedAt',
  messages: 'Message',
  'messages.id': 'id',
  'messages.conversationId': 'conversationId',
  'messages.role': 'role',
  'messages.content': 'content',
  'messages.createdAt': 'createdAt',
} as const

type Key = keyof typeof DEFAULTS

/** Without these nothing can be imported. A column that is not among them may be missing. */
const NEEDED: readonly Key[] = [
  'conversations.id',
  'messages.conversationId',
  'messages.role',
  'messages.content',
]

/** The tables of an app. A column is absent if the app has none. */
export interface TableNames {
  conversations: string
  messages: string
  columns: ReadonlyMap<Key, string>
}

/**
 * Finds the tables in the database. `given` has those names that differ from the plan, each as `conversations=Chat` or
 * `messages.content=body`. Throws `ImportProblem`.
 */
export async function findTables(database: SqlSource, given: readonly string[]): Promise<TableNames> {
  const named = new Map(given.map(readName))
  const nameOf = (key: Key) => named.get(key) ?? DEFAULTS[key]
  const columns = new Map<Key, string>()
  for (const table of ['conversations', 'messages'] as const) {
    const existing = await columnsOf(database, { table, name: nameOf(table) })
    for (const key of KEYS) {
      if (!key.startsWith(`${table}.`)) continue
      const name = nameOf(key)
      if (existing.includes(name)) columns.set(key, name)
      else if (NEEDED.includes(key) || named.has(key))
        throw new ImportProblem(
          `The table ${nameOf(table)} has no column ${name}. It has: ${existing.join(', ')}. Name the right one with --name ${key}=…`,
        )
    }
  }
  return { conversations: nameOf('conversations'), messages: nameOf('messages'), columns }
}

const KEYS = Object.keys(DEFAULTS) as Key[]

function readName(text: string): [Key, string] {
  const [key = '', name = ''] = text.split(/=(.*)/s)
  const known = KEYS.find(known => known === key)
  if (!known || name === '')
    throw new ImportProblem(
      `--name ${text}: expected one of ${KEYS.join(', ')}, then = and the name in your database.`,
    )
  return [known, name]
}

async function columnsOf(
  database: SqlSource,
  { table, name }: { table: string; name: string },
): Promise<string[]> {
  try {
    return await database.columnsOf(name)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new ImportProblem(`The table ${name} cannot be read (${said}). Name yours with --name ${table}=…`)
  }
}

/**
 * Asks for every conversation with its messages, each row one message. One query, because an app often has no index on
 * the column that links them. Columns are named as in `DEFAULTS`.
 */
export function queryOf(
  { quote, quoteTable }: Pick<SqlSource, 'quote' | 'quoteTable'>,
  { conversations, messages, columns }: TableNames,
): string {
  const at = (key: Key) => {
    const name = columns.get(key)
    return name === undefined ? undefined : `${key.startsWith('m') ? 'm' : 'c'}.${quote(name)}`
  }
  const selected = [...columns].map(([key]) => `${at(key)} as ${aliasOf(quote, key)}`)
  const order = [at('conversations.id'), at('messages.createdAt'), at('messages.id')].filter(Boolean)
  return `select ${selected.join(', ')} from ${quoteTable(conversations)} c
    left join ${quoteTable(messages)} m on ${at('messages.conversationId')} = ${at('conversations.id')}
    order by ${order.join(', ')}`
}

/** A dot would make it two names. */
function aliasOf(quote: SqlSource['quote'], key: Key): string {
  return quote(key.replace('.', '_'))
}
