import type {
  Drop,
  ImportedConversation,
  ImportedMessage,
} from '../../server/importing/importedConversation.ts'
import { conversationOf, inARow } from '../formats/format.ts'
import { type Fields, idOf, textOf, timeOf } from '../formats/loose.ts'
import type { ImportSource, ReadConversation } from '../importSource.ts'
import { partsOfContent } from './apiContent.ts'
import { openSqlSource, type SqlSource } from './sqlSource.ts'
import { findTables, queryOf, type TableNames } from './tableNames.ts'

export interface PrismaSource extends ImportSource {
  /** Whether each conversation names its person. */
  readonly hasPeople: boolean
}

/**
 * The tables of an app that kept its conversations itself. `names` as in `findTables`. `source` is the name under which
 * the database is remembered. Throws `ImportProblem`.
 */
export async function openPrisma(
  address: string,
  { names, source }: { names: readonly string[]; source: string | undefined },
): Promise<PrismaSource> {
  const database = await openSqlSource(address)
  try {
    const tables = await findTables(database, names)
    return {
      // Two databases have the same ids, and so have two tables of one.
      name: `prisma:${source ?? `${database.place}#${tables.conversations}`}`,
      defaultModel: 'Assistants API',
      size: await countOf(database, tables),
      hasPeople: tables.columns.has('conversations.userId'),
      conversations: options => read(database, tables, options),
      close: () => database.close(),
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function countOf({ rows, quoteTable }: SqlSource, { conversations }: TableNames): Promise<number> {
  for await (const { total } of rows(`select count(*) as total from ${quoteTable(conversations)}`))
    return Number(total)
  return 0
}

async function* read(
  database: SqlSource,
  tables: TableNames,
  { onRead }: { onRead: (size: number) => void },
): AsyncGenerator<ReadConversation> {
  let group: Fields[] = []
  for await (const row of database.rows(queryOf(database, tables))) {
    if (group[0] && idOf(group[0]['conversations_id']) !== idOf(row['conversations_id'])) {
      yield readGroup(group)
      onRead(1)
      group = []
    }
    group.push(row)
  }
  if (group.length === 0) return
  yield readGroup(group)
  onRead(1)
}

function readGroup(rows: readonly Fields[]): ReadConversation {
  const dropped: string[] = []
  return { conversation: readConversation(rows, reason => dropped.push(reason)), dropped }
}

/** `rows` are the messages of one conversation, or one row without a message. */
function readConversation(rows: readonly Fields[], drop: Drop): ImportedConversation {
  const [first = {}] = rows
  const messages = rows.flatMap((row, index) => messageOf(row, index, drop) ?? [])
  return conversationOf(idOf(first['conversations_id']), {
    title: textOf(first['conversations_title']),
    ...statusOf(textOf(first['conversations_status']), drop),
    createdAt: timeOf(first['conversations_createdAt']),
    updatedAt: timeOf(first['conversations_updatedAt']),
    threadId: idOf(first['conversations_threadId']),
    person: idOf(first['conversations_userId']),
    messages: inARow(messages),
  })
}

function statusOf(status: string, drop: Drop): Partial<ImportedConversation> {
  switch (status.toUpperCase()) {
    case '':
    case 'OPEN':
    case 'ACTIVE':
      return {}
    case 'CLOSED':
      return { status: 'CLOSED' }
    case 'ARCHIVED':
      return { archived: true }
    default:
      drop(`the status ${status}: the conversation is open`)
      return {}
  }
}

function messageOf(row: Fields, index: number, drop: Drop): Omit<ImportedMessage, 'parentId'> | undefined {
  // A conversation without messages has one row, with nulls.
  if (idOf(row['messages_conversationId']) === null) return undefined
  const role = roleOf(row['messages_role'], drop)
  return {
    id: idOf(row['messages_id']) ?? `#${index}`,
    role,
    parts: role === null ? [] : partsOfContent(row['messages_content'], drop),
    createdAt: timeOf(row['messages_createdAt']),
    model: null,
  }
}

/** Some apps have a column that says whether a person wrote it. */
const ROLES: Readonly<Record<string, 'USER' | 'ASSISTANT'>> = {
  user: 'USER',
  human: 'USER',
  true: 'USER',
  t: 'USER',
  1: 'USER',
  assistant: 'ASSISTANT',
  ai: 'ASSISTANT',
  bot: 'ASSISTANT',
  false: 'ASSISTANT',
  f: 'ASSISTANT',
  0: 'ASSISTANT',
}

function roleOf(value: unknown, drop: Drop): 'USER' | 'ASSISTANT' | null {
  const name = String(value).toLowerCase()
  if (Object.hasOwn(ROLES, name)) return ROLES[name] ?? null
  drop(`a message of the role ${String(value)}`)
  return null
}
