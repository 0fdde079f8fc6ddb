import { type Part, textOf } from '../../src/protocol/parts.ts'
import { tokenHashIn } from '../harness/client.ts'
import { wrongFiles } from './checks/pictures.ts'
import { openFileRows, type StoredRows } from './checks/storedRows.ts'
import { wrongCalls } from './checks/toolCalls.ts'
import type { Effect } from './effect.ts'
import type { Continued, History, RunRecord } from './history.ts'
import type { Asked } from './script.ts'
import { isBeginning, isCall, mayBecome, reopened, type View } from './view.ts'
import { wordsLeftBehind } from './wordsInFiles.ts'

export interface Evidence {
  history: History
  /** What the provider was asked, and what it wrote. */
  asked: readonly Asked[]
  /** What tools did. */
  effects?: readonly Effect[]
  /** Where the bytes of files are. If absent, nobody looks. */
  filesFolder?: string
}

/** As `violationsOf`, in the file of a database. Nothing of what was erased may be in it either. */
export async function violationsInFile(evidence: Evidence, databaseFile: string): Promise<string[]> {
  await using rows = openFileRows(databaseFile)
  return [
    ...(await violationsOf(evidence, rows)),
    ...wordsLeftBehind(databaseFile, await unstored(evidence.history, rows)),
  ]
}

/** Finds everything in which what readers saw, what is stored and what was asked upstream breaks the promises. */
export async function violationsOf(
  { history, asked, effects = [], filesFolder }: Evidence,
  rows: StoredRows,
): Promise<string[]> {
  const stored = await storedIn(rows)
  const written = Map.groupBy(asked, ({ clientMessageId }) => clientMessageId)
  return [
    ...new Set([
      ...history.violations,
      ...[...history.runs.values()].flatMap(run => wronglyStored(run, { history, stored, written })),
      ...askedTooOften(history, { stored, written }),
      ...(await wrongCalls({ history, effects }, rows)),
      ...(await wronglyErased(history, rows)),
      ...(filesFolder === undefined ? [] : await wrongFiles(filesFolder, rows)),
      ...(await brokenStore(rows)),
    ]),
  ]
}

/** What is wrong with the database, whoever has talked. */
export async function brokenStore(rows: StoredRows): Promise<string[]> {
  const found = await rows.faults()
  for (const { id } of await rows.all("select id from runs where status = 'active'"))
    found.push(`run ${id} is still active`)
  const doubles = await rows.all(
    `select client_message_id as id, count(*) as n from messages where client_message_id is not null
     group by client_message_id having count(*) > 1`,
  )
  for (const { id, n } of doubles) found.push(`message ${id} is stored ${n} times`)
  const halves = await rows.all(
    `select id from runs where user_message_id not in (select id from messages)
       or (status <> 'active' and message_id not in (select id from messages))
     union all select id from messages where role = 'ASSISTANT' and run_id not in (select id from runs)
     union all select id from messages where role = 'USER' and client_message_id is not null
       and id not in (select user_message_id from runs)`,
  )
  for (const { id } of halves) found.push(`${id} is stored by half`)
  return found
}

/**
 * Words of messages that were sent and are stored no more: the last digits of their ids. The others are so few between
 * two dashes that two ids may share them, and among a million ids eight digits in a row are found by chance.
 */
async function unstored({ questions }: History, rows: StoredRows): Promise<string[]> {
  const known = await rows.all(
    'select client_message_id as id from messages where client_message_id is not null',
  )
  const stored = new Set(known.map(({ id }) => id))
  const words = [...questions.keys()].filter(id => !stored.has(id)).map(id => id.slice(-12))
  if (words.length === 0) return []
  // A fork copies a message without its id, and outlives the conversation that it was made from.
  const texts = await rows.all(
    'select parts as words from messages union all select title from conversations',
  )
  return words.filter(word => !texts.some(text => String(text['words']).includes(word)))
}

/** Rows of owners that were erased. */
async function wronglyErased({ owners }: History, rows: StoredRows): Promise<string[]> {
  const span = { from: Number.MAX_VALUE, to: Number.MAX_VALUE }
  const erased = owners.filter(({ erased }) => !erased.mayBe(false, span))
  const found: string[] = []
  for (const { name, cookie } of erased) {
    const left = await rows.all(
      `select conversations.id from sessions join conversations on conversations.owner_id = sessions.owner_id
        where token_hash = ?`,
      tokenHashIn(cookie),
    )
    if (left.length > 0) found.push(`owner ${name} was erased, and has ${left.length} conversations`)
  }
  return found
}

interface Known {
  stored: ReadonlyMap<string, StoredRun>
  written: ReadonlyMap<string, readonly Asked[]>
}

/** How the stored reply of an accepted run differs from the provider's text, from Stop, and from what readers saw. */
function wronglyStored(run: RunRecord, { history, stored, written }: Known & { history: History }): string[] {
  const { runId, chat, views, question } = run
  const found = views.flatMap(view => view.violations)
  const reply = stored.get(runId)
  if (!reply) return chat.wasEverGone ? found : [...found, `run ${runId} was accepted, and is not stored`]
  const id = question?.clientMessageId ?? ''
  if (!reply.parts) return [...found, `run ${runId} of message ${id} has no reply`]
  found.push(...wrongEnd(run, reply, history))
  found.push(...wrongWords(run, reply, written.get(id) ?? []))
  for (const view of views) found.push(...seenOtherwise(view, reply, history))
  return found
}

/** Only what somebody stopped is stopped, and only what a process left is interrupted. */
function wrongEnd(
  { runId, stops, chat }: RunRecord,
  { status, lastSeq }: StoredRun,
  history: History,
): string[] {
  const found: string[] = []
  const isAsked = stops.length > 0 || chat.wasEverGone
  if (status === 'stopped' && !isAsked) found.push(`run ${runId} is stopped, and nobody stopped it`)
  if (status === 'interrupted' && history.deaths === 0)
    found.push(`run ${runId} is interrupted, and no process ended`)
  for (const { answer } of stops) {
    if (!answer || answer.status === 'active') continue
    if (answer.status !== status || answer.lastSeq !== lastSeq)
      found.push(`Stop of ${runId} said ${JSON.stringify(answer)}, stored are ${status}, ${lastSeq}`)
  }
  return found
}

/** The text is the beginning of what the provider wrote for this run alone, and all of it if the run completed. */
function wrongWords({ runId, continues }: RunRecord, reply: StoredRun, written: readonly Asked[]): string[] {
  const parts = reply.parts ?? []
  const begun = lengthOf(continues)
  const found: string[] = []
  if (continues && begun > 0 && !beginsWith(parts, continues))
    found.push(`run ${runId} does not begin with what it continues`)
  const own = parts.slice(begun)
  const text = own.map(part => (part.type === 'text' ? part.text : '')).join('')
  const reasoning = own.map(part => (part.type === 'reasoning' ? part.text : '')).join('')
  // Titles have tags like replies.
  const source = written.find(
    ({ kind, tag }) => kind === 'reply' && `${text}${reasoning}`.includes(`${tag}.`),
  )
  if (!source) {
    if (/\bq[\da-f]{8}x\d/.test(text)) found.push(`run ${runId} has the words of another message`)
    const isForeign = written.some(each => each.text === undefined)
    if (text !== '' && !isForeign)
      found.push(`run ${runId} has words that nobody wrote: ${text.slice(0, 60)}`)
    return found
  }
  if (!source.text?.startsWith(text)) found.push(`the stored reply of ${runId} is not the provider's text`)
  if (!source.reasoning.startsWith(reasoning)) found.push(`the reasoning of ${runId} is not the provider's`)
  if (reply.status === 'completed' && text !== source.text)
    found.push(`${runId} completed with part of its text`)
  return found
}

/** How many parts of a reply an earlier run has written, with the break after them. */
function lengthOf(continues: Continued | undefined): number {
  if (!continues || continues.parts.length === 0) return 0
  return continues.parts.length + (continues.isDecided ? 0 : 1)
}

/** What broke off stands there as it was, and then the break. After a decision there is no break, and the calls go on. */
function beginsWith(parts: readonly Part[], { parts: old, isDecided }: Continued): boolean {
  const isKept = old.every((part, index) => {
    const now = parts[index]
    const mayGoOn = isDecided && now && isCall(part) && mayBecome(part, now)
    return mayGoOn || JSON.stringify(part) === JSON.stringify(now)
  })
  return isKept && (isDecided === true || parts[old.length]?.type === 'break')
}

/** How what one reader saw differs from what is stored. */
function seenOtherwise(view: View, { status, parts = [] }: StoredRun, history: History): string[] {
  const { runId, end } = view
  const found: string[] = []
  const mayLose = !end && view.losses < history.losses.length
  const isKept = isBeginning(view.parts, parts) || (mayLose && isBeginning(parts.map(reopened), view.parts))
  if (!isKept) {
    const [seen, text] = [textOf(view.parts), textOf(parts)]
    found.push(`shown but not stored, of ${runId}: …${seen.slice(-60)} | stored …${text.slice(-60)}`)
  }
  if (end && end.status !== status) found.push(`${runId} ended as ${end.status} and as ${status}`)
  if (end && JSON.stringify(view.parts) !== JSON.stringify(parts))
    found.push(`a reader that saw the end of ${runId} has other parts than those stored`)
  return found
}

/** Each accepted run makes at most one request that writes anything, because asking again costs. */
function askedTooOften(history: History, { stored, written }: Known): string[] {
  const runs = new Map<string, number>()
  // A run that has paused has written nothing that costs.
  for (const { clientMessageId, status } of stored.values())
    if (status !== 'paused') runs.set(clientMessageId, (runs.get(clientMessageId) ?? 0) + 1)
  return [...written].flatMap(([id, asked]) => {
    const question = history.questions.get(id)
    if (question?.chat?.wasEverGone !== false) return []
    const paid = asked.filter(each => each.kind === 'reply' && each.writes).length
    const accepted = runs.get(id) ?? 0
    return paid > accepted ? [`message ${id} has ${accepted} runs, and was asked upstream ${paid} times`] : []
  })
}

interface StoredRun {
  clientMessageId: string
  status: string
  lastSeq: number
  /** Absent if the reply is not stored. */
  parts: Part[] | undefined
}

/** What is stored, by run. Reads everything once, because a soak has a hundred thousand messages. */
async function storedIn(rows: StoredRows): Promise<Map<string, StoredRun>> {
  const all = await rows.all(
    `select run.id, question.client_message_id as question, reply.parts, run.status, run.last_seq
     from runs run
     left join messages reply on reply.id = run.message_id
     left join messages question on question.id = run.user_message_id`,
  )
  return new Map(
    all.map(row => [
      String(row['id']),
      {
        clientMessageId: String(row['question']),
        status: String(row['status']),
        lastSeq: Number(row['last_seq']),
        parts: row['parts'] === null ? undefined : (JSON.parse(String(row['parts'])) as Part[]),
      },
    ]),
  )
}
