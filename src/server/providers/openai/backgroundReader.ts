import type { Part } from '../../../protocol/parts.ts'
import { encodePosition, type StreamPosition } from './checkpoint.ts'
import { type Failure, truncated } from './failure.ts'
import type { KnownSearches } from './itemSearches.ts'
import { fieldsOf, type Push, type Reading, type ReplyReader } from './replyReader.ts'
import { giveRest, type ReadingState } from './responseOutput.ts'
import { createResponsesReader, eventIn } from './responsesReader.ts'
import { hasLastStatus, type StoredResponse } from './storedResponse.ts'

/** Reads one background response over as many streams as it takes, and gives each event once. */
export interface BackgroundReader extends ReplyReader {
  /** How far it has come. `undefined` until an event has named the response's id. */
  readonly position: StreamPosition | undefined
  /** The response has ended, well or not. */
  readonly isOver: boolean
  /** Another stream follows. Events that it repeats are skipped. */
  continueStream(): void
  /** Gives the rest of the stored response. */
  finish(response: StoredResponse): 'complete' | Failure
  /** The provider no longer has the response. */
  lose(): Failure
}

/**
 * Where an earlier reader left off, and the message so far. The message may begin with an earlier reply and a break.
 */
export interface ResumeFrom {
  position: StreamPosition
  parts: readonly Part[]
}

/** Begins where an earlier reader left off, if there was one. A checkpoint follows every event that gave something. */
export function createBackgroundReader(push: Push, from?: ResumeFrom): BackgroundReader {
  const state = stateOf(from)
  let { id, sequence }: Partial<StreamPosition> = from?.position ?? {}
  let repeatedTo = -1
  let isOver = false
  let gave = false

  const give: Push = chunk => {
    gave = true
    push(chunk)
  }
  const reader = createResponsesReader(give, state)
  const position = (): StreamPosition | undefined =>
    id === undefined ? undefined : { id, sequence, gaps: reader.gaps }
  const over = <Outcome>(outcome: Outcome): Outcome => {
    isOver = true
    return outcome
  }

  function read(data: string): Reading {
    const event = eventIn(data)
    if (!event) return 'nothing'
    const number = typeof event.sequence_number === 'number' ? event.sequence_number : undefined
    if (number !== undefined && number <= repeatedTo) return 'nothing'
    gave = false
    const wasNamed = id !== undefined
    if (!wasNamed) id = idOf(event.response)
    const reading = reader.take(event)
    if (reading === 'nothing') return reading
    if (reading !== 'progress') return over(reading)
    if (number !== undefined || gave) sequence = number
    const reached = gave || !wasNamed ? position() : undefined
    if (reached) push({ type: 'checkpoint', checkpoint: encodePosition(reached) })
    return reading
  }

  return {
    read,
    readWhole(reply) {
      id ??= idOf(reply)
      const response = fieldsOf<StoredResponse>(reply)
      return id === undefined || hasLastStatus(response) ? over(reader.readWhole(reply)) : truncated()
    },
    end: reader.end,
    get position() {
      return position()
    },
    get isOver() {
      return isOver
    },
    continueStream: () => {
      repeatedTo = sequence ?? -1
    },
    finish: response => over(giveRest(give, response, state)),
    lose: () => over({ ...truncated(), message: 'the provider no longer has the response' }),
  }
}

function idOf(response: unknown): string | undefined {
  const { id } = fieldsOf<StoredResponse>(response)
  return typeof id === 'string' ? id : undefined
}

/** The state that earlier readers left: they pushed the parts after the last break. */
function stateOf({ position, parts }: Partial<ResumeFrom> = {}): ReadingState {
  const written = { text: '', refusal: '', reasoning: '' }
  const sources = new Set<string>()
  const searches: KnownSearches = new Map()
  for (const part of (parts ?? []).slice((parts ?? []).findLastIndex(({ type }) => type === 'break') + 1)) {
    switch (part.type) {
      case 'text':
      case 'refusal':
      case 'reasoning':
        written[part.type] += part.text
        break
      case 'source':
        sources.add(part.url)
        break
      case 'search':
        searches.set(part.searchId, part.status !== 'running')
        break
      case 'suggestions':
      case 'file':
      case 'image':
      case 'document':
      case 'tool':
      case 'break':
        break
      default:
        part satisfies never
    }
  }
  return {
    text: { started: written.text !== '', gap: position?.gaps.text ?? false },
    reasoning: { started: written.reasoning !== '', gap: position?.gaps.reasoning ?? false },
    sources,
    searches,
    written,
    isResumed: position !== undefined,
  }
}
