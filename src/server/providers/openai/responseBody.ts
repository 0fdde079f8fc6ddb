import { createParser, type EventSourceParser } from 'eventsource-parser'
import { type Failure, jsonIn, refusalOf } from './failure.ts'
import type { Reading, ReplyReader } from './replyReader.ts'

/** Large, because the completed event repeats the whole reply. */
const MAX_CHARACTERS = 8 * 1024 * 1024
/** The same where the model may make pictures, which come as Base64. */
const MAX_PICTURE_CHARACTERS = 48 * 1024 * 1024
const MAX_PAGE_CHARACTERS = 64 * 1024

/** How the lines of an event stream begin. */
const LINE_BEGINNINGS = ['data:', 'event:', 'id:', 'retry:', ':']

/**
 * - **unknown**: what came does not say yet what the body is.
 * - **stream**: events. The reader gets each at once.
 * - **whole**: one JSON value, from a server that does not stream. The reader gets it at the end.
 * - **page**: anything else.
 */
type Kind = 'unknown' | 'stream' | 'whole' | 'page'

export interface ResponseBodyOptions {
  status: number
  /** Its content type says that it is a stream, or it has none. */
  isStreamByType: boolean
  /** Whether pictures may come. */
  hasPictures?: boolean
  reader: ReplyReader
  onReading(reading: Reading): void
}

/** The body of a successful answer. Its first characters say what it is, because some servers send a wrong content type. */
export class ResponseBody {
  #kind: Kind = 'unknown'
  #text = ''
  /** The parser has taken whole events, and nothing of the next one. */
  #isBetween = false
  readonly #most: number
  readonly #options: ResponseBodyOptions
  readonly #parser: EventSourceParser

  constructor(options: ResponseBodyOptions) {
    this.#options = options
    const { reader, onReading, hasPictures = false } = options
    this.#most = hasPictures ? MAX_PICTURE_CHARACTERS : MAX_CHARACTERS
    this.#parser = createParser({
      onEvent: ({ data }) => onReading(reader.read(data)),
      onError: error => {
        if (error.type === 'max-buffer-size-exceeded') onReading(notTheProtocol(error))
      },
      maxBufferSize: this.#most,
    })
  }

  take(text: string): void {
    if (this.#kind === 'stream') this.#feed(text)
    else this.#collect(text)
  }

  #collect(text: string): void {
    this.#text += text
    if (this.#kind === 'unknown') this.#kind = kindOf(this.#text, this.#options.isStreamByType)
    if (this.#kind === 'stream') {
      this.#feed(this.#text)
      this.#text = ''
    } else if (this.#kind === 'page' && this.#text.length > MAX_PAGE_CHARACTERS) {
      this.#options.onReading(this.#refusal())
    } else if (this.#text.length > this.#most) {
      this.#options.onReading(notTheProtocol(new Error('the answer is too large')))
    }
  }

  /** The body has ended, or was cut. Returns how the reply ends. */
  end(isCut: boolean): 'complete' | Failure {
    const { reader, status } = this.#options
    if (this.#kind === 'page') return this.#refusal()
    if (this.#kind !== 'whole') return reader.end()
    const value = jsonIn(this.#text)
    if (value === undefined) return isCut ? reader.end() : this.#refusal()
    const outcome = reader.readWhole(value)
    if (outcome === 'complete') return outcome
    // The provider may have billed it. Only words of the provider can say that it did nothing.
    return { ...outcome, status, body: this.#text, repeatable: false }
  }

  /** The last event may lack the blank line that ends an event. */
  finishEvents(): void {
    if (this.#kind !== 'stream') return
    try {
      this.#parser.feed('\n\n')
    } catch {
      // The stream was cut inside an event.
    }
  }

  #feed(text: string): void {
    const { reader, onReading } = this.#options
    try {
      const taken = (this.#isBetween && reader.readDeltas?.(text)) || 0
      if (taken === text.length) return
      this.#parser.feed(taken === 0 ? text : text.slice(taken))
      this.#isBetween = text.endsWith('\n\n')
    } catch (error) {
      onReading(notTheProtocol(error))
    }
  }

  #refusal(): Failure {
    return refusalOf(this.#options.status, this.#text, undefined)
  }
}

function kindOf(text: string, isStreamByType: boolean): Kind {
  const start = text.trimStart()
  if (start === '') return 'unknown'
  if (start[0] === '{' || start[0] === '[') return 'whole'
  if (LINE_BEGINNINGS.some(beginning => start.startsWith(beginning))) return 'stream'
  if (LINE_BEGINNINGS.some(beginning => beginning.startsWith(start))) return 'unknown'
  return isStreamByType && start[0] !== '<' ? 'stream' : 'page'
}

function notTheProtocol(cause: unknown): Failure {
  return { code: 'UPSTREAM_ERROR', message: `not the protocol: ${cause}`, repeatable: false, cause }
}
