import { EVENTS, type GrowingType, isDelta } from '../../../protocol/events.ts'
import type { Part } from '../../../protocol/parts.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { encodePlace, type Place } from './checkpoint.ts'
import { type Failure, truncated } from './failure.ts'
import type { Push, Reading, ReplyReader } from './replyReader.ts'
import { createResponsesReader, eventIn, type ReadingState } from './responsesReader.ts'
import type { StoredResponse } from './storedResponse.ts'

/** Reads one background response over as many streams as it takes, and gives each event once. */
export interface BackgroundReader extends ReplyReader {
  /** How far it has come. `undefined` until an event has named the response's id. */
  readonly place: Place | undefined
  /** The response has ended, well or not. */
  readonly isOver: boolean
  /** Another stream follows. Events that it repeats are skipped. */
  continueStream(): void
  /** Gives the rest of the stored response. */
  finish(response: StoredResponse): 'complete' | Failure
  /** The provider no longer has the response. */
  lose(): Failure
}

/** What was given of each part that grows, and the URLs of the sources. */
type Written = Record<GrowingType, string> & { sources: Set<string> }

const NOTHING: Readonly<Record<GrowingType, string>> = { text: '', refusal: '', reasoning: '' }

/**
 * Where an earlier reader left off, and the message so far. The message may begin with an earlier reply and a break.
 */
export interface Left {
  place: Place
  parts: readonly Part[]
}

/** Begins where an earlier reader left off, if there was one. A checkpoint follows every event that gave something. */
export function createBackgroundReader(push: Push, left?: Left): BackgroundReader {
  const written = writtenIn(left?.parts ?? [])
  let { id, sequence }: Partial<Place> = left?.place ?? {}
  let repeatedTo = -1
  let isOver = false
  let gave = false

  const give: Push = chunk => {
    gave = true
    if (isDelta(chunk)) written[EVENTS[chunk.type].part] += chunk.content
    push(chunk)
  }
  const reader = createResponsesReader(give, stateOf(written, left?.place))
  const place = (): Place | undefined => (id === undefined ? undefined : { id, sequence, gaps: reader.gaps })
  const over = <Outcome>(outcome: Outcome): Outcome => {
    isOver = true
    return outcome
  }

  function read(data: string): Reading {
    const event = eventIn(data)
    if (!event) return 'nothing'
    const number = 'sequence_number' in event ? event.sequence_number : undefined
    if (number !== undefined && number <= repeatedTo) return 'nothing'
    gave = false
    const wasNamed = id !== undefined
    if (!wasNamed && 'response' in event) id = event.response?.id
    const reading = reader.take(event)
    if (reading === 'nothing') return reading
    if (reading !== 'progress') return over(reading)
    if (number !== undefined || gave) sequence = number
    const reached = gave || !wasNamed ? place() : undefined
    if (reached) push({ type: 'checkpoint', checkpoint: encodePlace(reached) })
    return reading
  }

  return {
    read,
    end: reader.end,
    get place() {
      return place()
    },
    get isOver() {
      return isOver
    },
    continueStream: () => {
      repeatedTo = sequence ?? -1
    },
    finish: response => over(restOf(response, written, give)),
    lose: () => over({ ...truncated(), message: 'the provider no longer has the response' }),
  }
}

function writtenIn(parts: readonly Part[]): Written {
  const written: Written = { ...NOTHING, sources: new Set() }
  for (const part of parts.slice(parts.findLastIndex(({ type }) => type === 'break') + 1)) {
    switch (part.type) {
      case 'text':
      case 'refusal':
      case 'reasoning':
        written[part.type] += part.text
        break
      case 'source':
        written.sources.add(part.url)
        break
      case 'suggestions':
      case 'file':
      case 'break':
        break
      default:
        part satisfies never
    }
  }
  return written
}

function stateOf({ text, reasoning, sources }: Written, place: Place | undefined): ReadingState {
  return {
    text: { started: text !== '', gap: place?.gaps.text ?? false },
    reasoning: { started: reasoning !== '', gap: place?.gaps.reasoning ?? false },
    sources,
  }
}

/**
 * Pushes what `response` has beyond `written`. If the text of a complete response begins otherwise, the reply fails,
 * because the two cannot be joined. If its reasoning begins otherwise, the written reasoning stays.
 */
function restOf(response: StoredResponse, written: Written, push: Push): 'complete' | Failure {
  const chunks: ProviderChunk[] = []
  const { sources } = written
  const outcome = createResponsesReader(chunk => chunks.push(chunk), { sources }).takeStored(response)
  const whole = { ...NOTHING }
  for (const chunk of chunks) if (isDelta(chunk)) whole[EVENTS[chunk.type].part] += chunk.content
  const known = { text: 0, refusal: 0, reasoning: 0 }
  for (const type of ['text', 'refusal', 'reasoning'] as const) {
    const joins = whole[type].startsWith(written[type])
    known[type] = joins ? written[type].length : Number.POSITIVE_INFINITY
    if (!joins && type !== 'reasoning' && outcome === 'complete') return differs(type)
  }
  for (const chunk of chunks) {
    if (!isDelta(chunk)) push(chunk)
    else {
      const { part } = EVENTS[chunk.type]
      const content = chunk.content.slice(known[part])
      known[part] -= chunk.content.length - content.length
      if (content) push({ type: chunk.type, content })
    }
  }
  return outcome
}

function differs(type: string): Failure {
  return { code: 'UPSTREAM_ERROR', message: `the stored ${type} is another one`, repeatable: false }
}
