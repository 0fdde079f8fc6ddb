import { setTimeout as delay } from 'node:timers/promises'
import { BOUNDS } from '../bounds.ts'
import { brokenStore } from '../check.ts'
import { type History, type Span, time } from '../history.ts'
import { openFileRows, type StoredRows } from './storedRows.ts'

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
  await using rows = openFileRows(databaseFile)
  // What the provider kept is still being written.
  const isActive = async () => (await rows.all("select id from runs where status = 'active'")).length > 0
  for (const deadline = time() + BOUNDS.runEnd; time() < deadline && (await isActive()); ) await delay(50)
  const items = await itemsOf(history, rows)
  const there = items.filter(({ isThere }) => isThere)
  const lastBegun = Math.max(...there.map(({ span }) => span.from))
  const missing = items.filter(({ isThere, span }) => !isThere && span.to < lastBegun)
  return [...missing.map(({ what }) => `${what} is missing in the middle`), ...(await brokenStore(rows))]
}

async function itemsOf(history: History, rows: StoredRows): Promise<Item[]> {
  const idsOf = async (sql: string) => new Set((await rows.all(sql)).map(({ id }) => String(id)))
  const messages = await idsOf(
    'select client_message_id as id from messages where client_message_id is not null',
  )
  const runs = await idsOf('select id from runs')
  const shares = await idsOf('select id from shares')
  const chats = await idsOf('select id from conversations')
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
