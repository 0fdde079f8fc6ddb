import { randomUUID } from 'node:crypto'
import { insertConversation, updateConversation } from '../../src/server/database/conversations.ts'
import type { Database } from '../../src/server/database/database.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import type { CommitWindow } from '../../src/server/log/commitWindow.ts'
import { EventLog } from '../../src/server/log/eventLog.ts'
import { followLog, replayRun } from '../../src/server/log/followLog.ts'
import type { RunStore } from '../../src/server/log/runStore.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { runStart } from '../harness/log.ts'
import { type Appended, appendedIn } from './streamFrames.ts'

const OWNER = 'owner-1'

export interface Parts {
  database: Database
  store: RunStore
  window: CommitWindow
}

export interface StreamReader {
  /** Takes what is stored. The first call, before `follow` resolves, has everything so far. */
  appended(batch: Appended[]): void
  closed(): void
}

/** A stream of the Durable Streams protocol, kept as the log of one run: each append is one event, closing is the end. */
export class LoggedStream {
  readonly #parts: Parts
  readonly #log: EventLog
  /** The last append. Each one waits for the one before it, so that two never become one event. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(parts: Parts, log: EventLog) {
    this.#parts = parts
    this.#log = log
  }

  /** Resolves once the run is stored, with the conversation and the message that every run has. */
  static async create(parts: Parts): Promise<LoggedStream> {
    const start = {
      ...runStart(randomUUID()),
      conversationId: randomUUID(),
      userMessageId: randomUUID(),
      messageId: randomUUID(),
    }
    const stored = firstEvents(start)
    const { conversationId: id, userMessageId, assistant } = start
    await parts.database.write('power', async queries => {
      await insertConversation(queries, {
        id,
        owner_id: OWNER,
        title: '',
        status: 'OPEN',
        archived: 0,
        pinned: 0,
        title_final: 1,
        assistant,
        head_message_id: userMessageId,
        created_at: 1,
        updated_at: 1,
      })
      const message = { id: userMessageId, conversation_id: id, owner_id: OWNER, created_at: 1 }
      await insertMessage(queries, { ...message, role: 'USER', parts: '[]' })
      await parts.store.accept(queries, { ownerId: OWNER, start, startedAt: 1, stored })
    })
    const onPending = (log: EventLog, urgent: boolean) => parts.window.requestCommit(log, urgent)
    return new LoggedStream(parts, new EventLog({ ownerId: OWNER, start, startedAt: 1, stored, onPending }))
  }

  get isClosed(): boolean {
    return this.#log.end !== undefined
  }

  /** `seq` of the last event. The end of the run does not count, because readers of the protocol get no event for it. */
  get tail(): number {
    return this.isClosed ? this.#log.lastSeq - 1 : this.#log.lastSeq
  }

  /** Stores one event, or the end, or both in one transaction. `check` refuses it before, when its turn has come. */
  append(
    content: string | undefined,
    { closes, check }: { closes: boolean; check: () => void },
  ): Promise<void> {
    const work = this.#turn.then(async () => {
      check()
      if (content !== undefined) this.#log.append({ type: 'text-delta', content: `${content}\n` })
      if (closes) await this.#log.finish({ status: 'completed' })
      else await this.#stored()
    })
    this.#turn = work.catch(() => {})
    return work
  }

  /** Follows the stream as every reader of Riacho does: the log while the run is active, then the store. */
  async follow(after: number, reader: StreamReader): Promise<() => void> {
    const asked = {
      isFull: false,
      write: (frames: string) => reader.appended(appendedIn(frames, after)),
      drained: () => {},
      end: () => reader.closed(),
      alreadyEnded: () => reader.closed(),
      cut: () => reader.closed(),
    }
    if (!this.isClosed) {
      const subscription = followLog(this.#log, after, asked)
      return () => subscription.unsubscribe()
    }
    const { store } = this.#parts
    const run = await store.read({ id: this.#log.start.runId, ownerId: OWNER })
    if (!run?.end) throw new Error('a closed stream is not stored as ended')
    await replayRun({ store, run: { ...run, end: run.end } }, after, asked)
    return () => {}
  }

  /** Deletes the conversation of the run, as an owner does. */
  async delete(): Promise<void> {
    if (!this.isClosed) await this.append(undefined, { closes: true, check: () => {} })
    const { conversationId: id, runId } = this.#log.start
    const { database, store } = this.#parts
    await database.write('power', queries => updateConversation(queries, { id, change: { deleted_at: 1 } }))
    if (await store.read({ id: runId, ownerId: OWNER })) throw new Error('a deleted stream can be read')
  }

  #stored(): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        this.#log.unfollow(follower)
        resolve()
      }
      const follower = { stored: done, refused: () => {}, ended: done, cut: done }
      this.#log.follow(follower)
    })
  }
}
