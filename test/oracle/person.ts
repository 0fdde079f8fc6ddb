import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConversationExport, OwnerExport } from '../../src/protocol/responses.ts'
import type { TestClient } from '../harness/client.ts'
import type { Random } from '../harness/random.ts'
import { BOUND, expectStatus, inTime, isCut, refusalOf, WrongAnswer } from './answers.ts'
import { type KilledServer, LONGER_THAN_RESTORE } from './killedServer.ts'
import {
  differences,
  isPresent,
  type Model,
  type Modelled,
  type Sent,
  withConversation,
  wordsOf,
} from './model.ts'
import { untruths } from './untruths.ts'

const ROOT = '/api/chat/conversations'
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz']

/** One call, with what the owner has after it. */
interface Deed {
  name: string
  after: Model
  /** Resolves with whether the server did it. Throws `WrongAnswer`, and what a cut connection throws. */
  call(): Promise<boolean>
  /** Is called once it is known that the server did it. */
  done?: (() => void) | undefined
}

/**
 * One owner, who makes one call at a time. So at most one call is in flight when the process dies, and there are at most
 * two models that the next process may show: without that call, or with all of it.
 */
export class Person {
  readonly violations: string[] = []
  /** The owners that this person has erased. */
  readonly erased: { cookie: string; words: string[] }[] = []
  /** `cut`: calls that a death cut. `there`: those of them that the next process shows. */
  readonly counts = { runs: 0, acknowledged: 0, refused: 0, cut: 0, there: 0 }
  model: Model = new Map()
  readonly #server: KilledServer
  readonly #random: Random
  #client: TestClient

  constructor(server: KilledServer, random: Random) {
    this.#server = server
    this.#random = random
    this.#client = server.client()
  }

  /** Makes one call after another until `isOver`, or until an answer is wrong. */
  async live(isOver: () => boolean): Promise<void> {
    try {
      while (!isOver() && this.violations.length === 0) {
        if (!this.#client.cookie) await this.#insist(() => this.#client.get(ROOT))
        await this.#server.up()
        await this.#act(this.#draw())
      }
    } catch (error) {
      this.violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }

  /** Compares what the server shows with the model. `isFinal`: no reply is being written any more. */
  async compare({ isFinal }: { isFinal: boolean }): Promise<void> {
    await this.#settle([{ name: 'the model', model: this.model }], isFinal)
    if (this.violations.length > 0) return
    const { model, erased } = this
    const client = this.#client
    const found = await this.#insist(() => untruths({ client, model, erased, random: this.#random }))
    this.violations.push(...found)
  }

  async #act({ name, after, call, done }: Deed): Promise<void> {
    const before = this.model
    try {
      const isDone = await inTime(call())
      this.counts[isDone ? 'acknowledged' : 'refused']++
      if (isDone) {
        // What was acknowledged must outlive a death that comes at once.
        if (this.#random.chance(0.08)) this.#server.strike()
        this.model = after
        done?.()
      }
      if (this.#random.chance(0.2)) await this.compare({ isFinal: false })
    } catch (error) {
      if (error instanceof WrongAnswer) this.violations.push(`${name}: ${error.message}`)
      else if (!isCut(error)) throw error
      else await this.#settleCut(before, { name, after, done })
    }
  }

  /** The next process shows the model before the call that was cut, or the one after it. */
  async #settleCut(
    before: Model,
    { name, after, done }: Pick<Deed, 'name' | 'after' | 'done'>,
  ): Promise<void> {
    this.counts.cut++
    const candidates = [{ name: `without “${name}”`, model: before }]
    if (after !== before) candidates.push({ name: `with “${name}”`, model: after })
    if ((await this.#settle(candidates, false)) === 1) {
      this.counts.there++
      done?.()
    }
    if (this.violations.length === 0) await this.compare({ isFinal: false })
  }

  /** Finds the candidate that the server shows. It is the model from then on. */
  async #settle(candidates: { name: string; model: Model }[], isFinal: boolean): Promise<number> {
    const exported = await this.#insist(() => this.#exported())
    const unlike = candidates.map(({ model }) => differences(model, exported, { isFinal }))
    const index = unlike.findIndex(({ length }) => length === 0)
    const found = candidates[index]
    if (found) {
      this.model = found.model
      learnIds(found.model, exported)
    } else this.violations.push(...candidates.map(({ name }, at) => `${name}: ${unlike[at]?.join('; ')}`))
    return index
  }

  async #exported(): Promise<ConversationExport[]> {
    const { status, text } = await this.#client.get('/api/chat/export')
    if (status !== 200) throw new Error(`export: ${status} ${text}`)
    return (JSON.parse(text) as OwnerExport).conversations
  }

  /** Repeats a reading until a process lives long enough to answer it. */
  async #insist<Value>(read: () => Promise<Value>): Promise<Value> {
    const deadline = performance.now() + BOUND
    for (;;) {
      await this.#server.up()
      try {
        return await read()
      } catch (error) {
        if (!isCut(error) || performance.now() > deadline) throw error
        await delay(10)
      }
    }
  }

  #draw(): Deed {
    const random = this.#random
    const present = [...this.model].filter(([, conversation]) => isPresent(conversation))
    const deleted = [...this.model].filter(([, conversation]) => !isPresent(conversation))
    const deeds = [() => this.#create(), () => this.#begin(), () => this.#begin()]
    if (present.length > 0) {
      const [title, conversation] = random.pick(present)
      const send = () => this.#continue(title, conversation)
      const remove = () => this.#delete(title, conversation)
      deeds.push(send, send, remove, remove, () => this.#eraseEverything())
    }
    if (deleted.length > 0) deeds.push(() => this.#restore(...random.pick(deleted)))
    return random.pick(deeds)()
  }

  #create(): Deed {
    const title = this.#word()
    const conversation: Modelled = { id: undefined, messages: [] }
    return {
      name: 'create',
      after: withConversation(this.model, title, conversation),
      call: async () => {
        const { body } = expectStatus(await this.#client.post(ROOT, { title }), 201)
        conversation.id = body.conversation.id
        return true
      },
    }
  }

  #begin(): Deed {
    const sent = this.#message()
    const conversation: Modelled = { id: undefined, messages: [sent] }
    return {
      name: 'send',
      after: withConversation(this.model, sent.word, conversation),
      call: () => this.#send(sent, conversation),
    }
  }

  #continue(title: string, conversation: Modelled): Deed {
    const sent = this.#message()
    const after = { ...conversation, messages: [...conversation.messages, sent] }
    return {
      name: 'send on',
      after: withConversation(this.model, title, after),
      call: () => this.#send(sent, after),
    }
  }

  /** Once the first event has come, the message is acknowledged, and a cut connection takes nothing back. */
  async #send(sent: Sent, conversation: Modelled): Promise<boolean> {
    const { id } = conversation
    const body = { content: sent.word, clientMessageId: randomUUID(), ...(id && { conversationId: id }) }
    await using stream = await this.#client.send(body)
    if (stream.status === 409) return false
    if (stream.status !== 200) throw new WrongAnswer(await refusalOf(stream))
    this.counts.runs++
    conversation.id = stream.start.conversationId
    const leaveAfter = this.#random.chance(0.5) ? Number.POSITIVE_INFINITY : this.#random.integer(10)
    for await (const { seq, event } of stream) {
      sent.seen = stream.text
      if (event.type === 'run-end') sent.ended = event.status
      if (seq >= leaveAfter) break
    }
    return true
  }

  #delete(title: string, { id, messages }: Modelled): Deed {
    const deleted = { from: this.#server.laterMs, to: this.#server.laterMs }
    return {
      name: 'delete',
      after: withConversation(this.model, title, { id, messages, deleted }),
      call: async () => {
        expectStatus(await this.#client.call('DELETE', `${ROOT}/${id}`), 204)
        return true
      },
      done: () => {
        deleted.to = this.#server.laterMs
      },
    }
  }

  #restore(title: string, { id, messages, deleted }: Modelled): Deed {
    const isErased = this.#server.laterMs - (deleted?.to ?? 0) >= LONGER_THAN_RESTORE
    const restored = withConversation(this.model, title, { id, messages })
    return {
      name: 'restore',
      after: isErased ? this.model : restored,
      call: async () => {
        const answer = await this.#client.post(`${ROOT}/${id}/restore`)
        const isJust = this.#server.laterMs === deleted?.from
        if (isErased) expectStatus(answer, 404)
        else if (isJust) expectStatus(answer, 200)
        else if (answer.status !== 404) expectStatus(answer, 200)
        return answer.status === 200
      },
    }
  }

  #eraseEverything(): Deed {
    const words = wordsOf(this.model)
    const cookie = this.#client.cookie ?? ''
    return {
      name: 'erase everything',
      after: new Map(),
      call: async () => {
        expectStatus(await this.#client.call('DELETE', '/api/chat/owner'), 204)
        return true
      },
      done: () => {
        this.erased.push({ cookie, words })
        this.#client = this.#server.client()
      },
    }
  }

  #message(): Sent {
    return { word: this.#word(), seen: '', ended: undefined }
  }

  #word(): string {
    return `xq${Array.from({ length: 14 }, () => this.#random.pick(LETTERS)).join('')}`
  }
}

function learnIds(model: Model, exported: readonly ConversationExport[]): void {
  for (const { conversation } of exported) {
    const modelled = model.get(conversation.title)
    if (modelled) modelled.id = conversation.id
  }
}
