import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { BOUNDS } from '../bounds.ts'
import { brokenStore } from '../check.ts'
import { type History, type Span, time } from '../history.ts'

/** Something that was acknowledged, and whether it is stored. */
interface Item {
  what: string
  span: Span
  isThere: boolean
}

/**
 * What a loss of the end of the database may not do: lose something that was acknowledged before something that is
 * still there. What is there is whole.
 */
export async function missingInTheMiddle(history: History, databaseFile: string): Promise<string[]> {
  const database = new DatabaseSync(databaseFile, { readOnly: true })
  try {
    // What the provider kept is still being written.
    const active = database.prepare("select count(*) n from runs where status = 'active'")
    for (const deadline = time() + BOUNDS.runEnd; time() < deadline && active.get()?.['n'] !== 0; )
      await delay(50)
    const items = itemsOf(history, database)
    const there = items.filter(({ isThere }) => isThere)
    const lastBegun = Math.max(...there.map(({ span }) => span.from))
    const missing = items.filter(({ isThere, span }) => !isThere && span.to < lastBegun)
    return [...missing.map(({ what }) => `${what} is missing in the middle`), ...brokenStore(database)]
  } finally {
    database.close()
  }
}

function itemsOf(history: History, database: DatabaseSync): Item[] {
  const idsOf = (sql: string) =>
    new Set(
      database
        .prepare(sql)
        .all()
        .map(({ id }) => String(id)),
    )
  const messages = idsOf('select client_message_id id from messages where client_message_id is not null')
  const runs = idsOf('select id from runs')
  const shares = idsOf('select id from shares')
  const chats = idsOf('select id from conversations')
  return history.chats
    .filter(chat => !chat.wasEverGone)
    .flatMap(chat => [
      { what: `conversation ${chat.id}`, span: chat.begun, isThere: chats.has(chat.id) },
      ...chat.questions
        .filter(({ isAccepted }) => isAccepted)
        .map(({ clientMessageId, asked }) => ({
          what: `message ${clientMessageId}`,
          span: asked,
          isThere: messages.has(clientMessageId),
        })),
      ...chat.runs.map(({ runId, accepted }) => ({
        what: `run ${runId}`,
        span: accepted,
        isThere: runs.has(runId),
      })),
      ...chat.shares
        .filter(({ revoked }) => !revoked.everAsked(true))
        .map(({ id, made }) => ({ what: `share ${id}`, span: made, isThere: shares.has(id) })),
    ])
}
