import { DatabaseSync } from 'node:sqlite'
import { type Part, textOf } from '../../src/protocol/parts.ts'
import type { UpstreamRequest } from '../upstream/upstream.ts'
import type { Talk } from './talker.ts'
import type { View } from './view.ts'
import { wordsLeftBehind } from './wordsInFiles.ts'

export interface Evidence {
  talks: readonly Talk[]
  requests: readonly UpstreamRequest[]
  /** The full text that the upstream gives. */
  fullText: string
  databaseFile: string
}

/** Finds everything in which what readers saw, what is stored and what was asked upstream breaks the promises. */
export function violationsOf({ talks, requests, fullText, databaseFile }: Evidence): string[] {
  const database = new DatabaseSync(databaseFile, { readOnly: true })
  const askedFor = requestsByMessage(requests)
  const stored = storedIn(database)
  try {
    return [
      ...talks.flatMap(talk => [
        ...talk.views.flatMap(view => view.violations),
        ...askedTwice(talk, askedFor),
        ...(talk.accepted ? wronglyStored(talk, { stored, fullText }) : []),
      ]),
      ...brokenStore(database),
      ...wordsLeftBehind(databaseFile, unstored(talks, stored)),
    ]
  } finally {
    database.close()
  }
}

/** What is wrong with the database, whoever has talked. */
function brokenStore(database: DatabaseSync): string[] {
  const found: string[] = []
  const [integrity] = database.prepare('pragma integrity_check').all()
  if (integrity?.['integrity_check'] !== 'ok') found.push(`database: ${JSON.stringify(integrity)}`)
  for (const { id } of database.prepare("select id from runs where status = 'active'").all()) {
    found.push(`run ${id} is still active`)
  }
  const unlike = database.prepare(
    'select number id from messages where number not in (select id from message_index_docsize) union all select id from message_index_docsize where id not in (select number from messages)',
  )
  for (const { id } of unlike.all()) found.push(`message number ${id} and the index do not agree`)
  const doubles = database.prepare(
    'select client_message_id id, count(*) n from messages where client_message_id is not null group by 1 having n > 1',
  )
  for (const { id, n } of doubles.all()) found.push(`message ${id} is stored ${n} times`)
  return found
}

/** Words of messages that were sent and are stored no more. A message contains its `clientMessageId`. */
function unstored(talks: readonly Talk[], { messages }: Stored): string[] {
  return talks.map(({ clientMessageId }) => clientMessageId).filter(id => !messages.has(id))
}

function askedTwice({ clientMessageId }: Talk, askedFor: ReadonlyMap<string, number>): string[] {
  const asked = askedFor.get(clientMessageId) ?? 0
  return asked > 1 ? [`message ${clientMessageId} was asked upstream ${asked} times`] : []
}

/** How the stored reply to an accepted message differs from the provider's text, from Stop, and from what readers saw. */
function wronglyStored(talk: Talk, { stored, fullText }: { stored: Stored; fullText: string }): string[] {
  const { clientMessageId, views, stopped } = talk
  const reply = storedReply(stored, clientMessageId)
  if (typeof reply === 'string') return [reply]
  const { status, lastSeq, text } = reply
  const found: string[] = []
  if (!fullText.startsWith(text))
    found.push(`the stored reply to ${clientMessageId} is not the provider's text`)
  if (status === 'completed' && text !== fullText)
    found.push(`${clientMessageId} completed with part of its text`)
  if (stopped && (stopped.status !== status || stopped.lastSeq !== lastSeq)) {
    found.push(`Stop of ${clientMessageId} said ${JSON.stringify(stopped)}, stored are ${status}, ${lastSeq}`)
  }
  return [...found, ...views.flatMap(view => seenOtherwise(view, clientMessageId, reply))]
}

/** How what one reader saw differs from what is stored. */
function seenOtherwise(view: View, clientMessageId: string, { status, text }: StoredReply): string[] {
  const found: string[] = []
  if (!text.startsWith(view.text)) {
    found.push(
      `shown but not stored, of ${clientMessageId}: …${view.text.slice(-40)} | stored …${text.slice(-40)}`,
    )
  }
  if (view.end && view.end.status !== status)
    found.push(`${view.runId} ended as ${view.end.status} and as ${status}`)
  if (view.end && view.text !== text) found.push(`a reader that saw the end of ${view.runId} misses text`)
  return found
}

/** The reply to a message, or what is wrong with how it is stored. */
function storedReply({ messages, replies }: Stored, clientMessageId: string): StoredReply | string {
  if (!messages.has(clientMessageId)) return `message ${clientMessageId} was accepted, and is not stored`
  const found = replies.get(clientMessageId) ?? []
  const [reply] = found
  if (!reply || found.length !== 1) return `message ${clientMessageId} has ${found.length} replies`
  return reply
}

/** What is stored, by `clientMessageId`. */
interface Stored {
  messages: ReadonlySet<string>
  replies: ReadonlyMap<string, StoredReply[]>
}

interface StoredReply {
  status: string
  lastSeq: number
  text: string
}

/** Reads everything once, because a soak has a hundred thousand messages. */
function storedIn(database: DatabaseSync): Stored {
  const messages = new Set<string>()
  const replies = new Map<string, StoredReply[]>()
  const questions = database.prepare(
    'select client_message_id as id from messages where client_message_id is not null',
  )
  for (const { id } of questions.iterate()) messages.add(String(id))
  const rows = database.prepare(
    `select question.client_message_id as id, reply.parts, run.status, run.last_seq
     from messages reply
     join messages question on question.id = reply.parent_id
     join runs run on run.id = reply.run_id
     where question.client_message_id is not null`,
  )
  for (const row of rows.iterate()) {
    const id = String(row['id'])
    const text = textOf(JSON.parse(String(row['parts'])) as Part[])
    const reply = { status: String(row['status']), lastSeq: Number(row['last_seq']), text }
    replies.set(id, [...(replies.get(id) ?? []), reply])
  }
  return { messages, replies }
}

/** How many upstream requests ask for each message. The text of a message contains its `clientMessageId`. */
function requestsByMessage(requests: readonly UpstreamRequest[]): Map<string, number> {
  const asked = new Map<string, number>()
  for (const { body } of requests) {
    const id = /Pergunta ([\da-f-]{36})/.exec(JSON.stringify(body))?.[1] ?? ''
    asked.set(id, (asked.get(id) ?? 0) + 1)
  }
  return asked
}
