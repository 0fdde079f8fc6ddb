import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { insertConversation } from '../../src/server/database/conversations.ts'
import type { Database } from '../../src/server/database/database.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { insertActiveRun } from '../../src/server/database/runProgress.ts'
import { insertEndedRun } from '../../src/server/database/runs.ts'
import type { Queries } from '../../src/server/database/schema.ts'
import { insertFirstSegment } from '../../src/server/database/segments.ts'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { silentLogger } from '../../test/harness/log.ts'
import { createRandom } from '../../test/harness/random.ts'

const WORDS =
  'água pedra vento chuva noite caminho janela livro mesa ponte barco folha raiz semente monte vale areia nuvem sol lua casa porta rua cidade campo trem carta palavra tempo hora dia semana coração mão voz silêncio música cor luz sombra fogo terra mar rio peixe ave gato cão flor fruto pão café'.split(
    ' ',
  )
/** Twenty messages of a history contain it, however long the history is. No title does. */
export const RARE_WORD = 'jabuticaba'
const RARE_MESSAGES = 20
const MESSAGES_A_CONVERSATION = 10
const CONVERSATIONS_A_TRANSACTION = 1000
const UNFINISHED_OF_AN_OWNER = 10

export interface SeedOptions {
  file: string
  ownerId: string
  conversations: number
  /** Messages of each conversation. */
  messages?: number
  /** The text of each reply. By default a few words. */
  reply?: string
}

/** Fills a database with conversations of one owner, through the functions of Riacho. Returns their ids. */
export function seedHistory(options: SeedOptions): Promise<string[]> {
  const { file, ownerId, conversations, messages: length = MESSAGES_A_CONVERSATION, reply } = options
  const random = createRandom(5)
  const began = Date.now() - conversations * 1000
  const textOf = () => Array.from({ length: 40 }, () => random.pick(WORDS)).join(' ')
  const between = Math.max(1, Math.floor((conversations * length) / RARE_MESSAGES))
  const isRare = (place: number) => place % between === 0 && place / between < RARE_MESSAGES
  return fill({ file, count: conversations }, async (queries, index) => {
    const id = randomUUID()
    const at = began + index * 1000
    const conversation = { id, ownerId, title: textOf().slice(0, 60), at }
    let parentId: string | null = null
    const messages: { id: string; parentId: string | null }[] = []
    for (let count = 0; count < length; count++) {
      const message: { id: string; parentId: string | null } = { id: randomUUID(), parentId }
      messages.push(message)
      parentId = message.id
    }
    await addConversation(queries, conversation, parentId)
    for (const [place, message] of messages.entries()) {
      const isReply = place % 2 === 1
      const runId = isReply ? randomUUID() : null
      const own = (isReply && reply) || textOf()
      const text = isRare(index * length + place) ? `${RARE_WORD} ${own}` : own
      const row = { ...message, conversationId: id, ownerId, text, at: at + place, runId }
      if (runId && message.parentId)
        await addRun(queries, { ...row, runId, userMessageId: message.parentId, isEnded: true })
      await addMessage(queries, row)
    }
    return id
  })
}

/**
 * Stores conversations whose reply was under way when the server was killed, each with some text. Ten of them belong to
 * one owner: the last ones to `ownerId`.
 */
export function seedUnfinished({ file, ownerId: last, conversations }: SeedOptions): Promise<string[]> {
  let ownerId = randomUUID() as string
  return fill({ file, count: conversations }, async (queries, index) => {
    const id = randomUUID()
    if (index % UNFINISHED_OF_AN_OWNER === 0) ownerId = randomUUID()
    if (index === conversations - UNFINISHED_OF_AN_OWNER) ownerId = last
    const [userMessageId, messageId, runId] = [randomUUID(), randomUUID(), randomUUID()]
    const at = Date.now() - conversations + index
    await addConversation(queries, { id, ownerId, title: `Pergunta ${index}`, at }, userMessageId)
    const message = { conversationId: id, ownerId, text: 'Uma pergunta', at, parentId: null, runId: null }
    await addMessage(queries, { ...message, id: userMessageId })
    await addRun(queries, { ...message, id: messageId, runId, userMessageId, isEnded: false })
    const start = {
      runId,
      conversationId: id,
      userMessageId,
      messageId,
      model: 'bench',
      assistant: 'riacho',
    }
    const { lastSeq, frames } = firstEvents(start)
    const text = 'Uma resposta que ainda não acabou. '.repeat(20)
    await insertFirstSegment(queries, {
      runId,
      toSeq: lastSeq + 1,
      frames: `${frames}id: ${lastSeq + 1}\ndata: ${JSON.stringify({ content: text })}\n\n`,
    })
    return id
  })
}

async function fill(
  { file, count }: { file: string; count: number },
  add: (queries: Queries, index: number) => Promise<string>,
): Promise<string[]> {
  const database: Database = await openSqlite(file, silentLogger)
  // Random ids touch every page of the indexes, and SQLite would write most of them again and again.
  await sql`pragma cache_size = -400000`.execute(database.queries)
  await sql`pragma synchronous = off`.execute(database.queries)
  const ids: string[] = []
  while (ids.length < count) {
    const until = Math.min(count, ids.length + CONVERSATIONS_A_TRANSACTION)
    await database.write('process', async queries => {
      while (ids.length < until) ids.push(await add(queries, ids.length))
    })
  }
  await database.close()
  return ids
}

function addConversation(
  queries: Queries,
  { id, ownerId, title, at }: { id: string; ownerId: string; title: string; at: number },
  headMessageId: string | null,
): Promise<void> {
  return insertConversation(queries, {
    id,
    owner_id: ownerId,
    title,
    status: 'OPEN',
    archived: 0,
    pinned: 0,
    title_final: 1,
    assistant: 'riacho',
    head_message_id: headMessageId,
    created_at: at,
    updated_at: at,
  })
}

interface SeededMessage {
  id: string
  conversationId: string
  ownerId: string
  parentId: string | null
  runId: string | null
  text: string
  at: number
}

function addMessage(queries: Queries, message: SeededMessage): Promise<void> {
  return insertMessage(queries, {
    id: message.id,
    conversation_id: message.conversationId,
    owner_id: message.ownerId,
    parent_id: message.parentId,
    role: message.runId === null ? 'USER' : 'ASSISTANT',
    parts: JSON.stringify([{ id: '1', type: 'text', text: message.text }]),
    run_id: message.runId,
    created_at: message.at,
  })
}

function addRun(
  queries: Queries,
  run: SeededMessage & { runId: string; userMessageId: string; isEnded: boolean },
): Promise<void> {
  const row = {
    id: run.runId,
    conversation_id: run.conversationId,
    owner_id: run.ownerId,
    user_message_id: run.userMessageId,
    message_id: run.id,
    model: 'bench',
    assistant: 'riacho',
    started_at: run.at,
  }
  if (!run.isEnded) return insertActiveRun(queries, row)
  return insertEndedRun(queries, { ...row, status: 'completed', last_seq: 3, resumes: 0, ended_at: run.at })
}
