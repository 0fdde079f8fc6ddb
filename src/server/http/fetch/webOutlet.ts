import type { HeaderFields } from '../../access/requestFacts.ts'
import type { Outlet } from '../outlet.ts'
import { addHeaders } from './wholeResponse.ts'

/** How many bytes may wait in the stream before `pending` counts as a backlog that must leave first. */
const HIGH_WATER = 16 * 1024

const encoder = new TextEncoder()

type OnLeft = (error?: Error | null) => void

/**
 * Writes to a `ReadableStream` that is the body of a `Response`. The host pulls from it as fast as its client reads.
 * `response` resolves once the answer begins, or once the client has left before that.
 */
export class WebOutlet implements Outlet {
  readonly response: Promise<Response>
  readonly #respond: (response: Response) => void
  readonly #headersSet: Headers
  readonly #signal: AbortSignal
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #leaving: OnLeft[] = []
  #onClose: (() => void)[] = []
  #isClosed = false

  /** `headersSet`: headers of the answer, besides those with which it begins. `signal` aborts when the client leaves. */
  constructor(headersSet: Headers, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<Response>()
    this.response = promise
    this.#respond = resolve
    this.#headersSet = headersSet
    this.#signal = signal
    if (signal.aborted) this.#close()
    else signal.addEventListener('abort', this.#close, { once: true })
  }

  /** Whether an answer was given, so that no other one can be. */
  get hasBegun(): boolean {
    return this.#isClosed || this.#controller !== undefined
  }

  get pending(): number {
    return HIGH_WATER - (this.#controller?.desiredSize ?? HIGH_WATER)
  }

  get waitsForTurn(): boolean {
    return false
  }

  onClose(callback: () => void): void {
    if (this.#isClosed) callback()
    else this.#onClose.push(callback)
  }

  begin(headers: HeaderFields): void {
    const body = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => this.#tellLeft(),
        cancel: () => this.#close(),
      },
      { highWaterMark: HIGH_WATER, size: chunk => chunk?.byteLength ?? 0 },
    )
    this.#respond(new Response(body, { headers: this.#merged(headers) }))
  }

  sendNothing(headers: HeaderFields): void {
    this.#respond(new Response(null, { status: 204, headers: this.#merged(headers) }))
    this.#close()
  }

  write(text: string, onLeft?: OnLeft): void {
    if (this.#isClosed || !this.#controller) return
    this.#controller.enqueue(encoder.encode(text))
    if (!onLeft) return
    this.#leaving.push(onLeft)
    // The stream pulls no more if nothing was read since, so what fits has left.
    queueMicrotask(() => this.#tellLeft())
  }

  end(): void {
    if (this.#isClosed) return
    this.#controller?.close()
    this.#close()
  }

  cut(): void {
    if (this.#isClosed) return
    this.#controller?.error(new Error('the response was cut'))
    this.#close()
  }

  #merged(headers: HeaderFields): Headers {
    const merged = new Headers(this.#headersSet)
    addHeaders(merged, headers)
    return merged
  }

  #tellLeft(): void {
    while (this.#leaving.length > 0 && (this.#controller?.desiredSize ?? 0) > 0) this.#leaving.shift()?.()
  }

  readonly #close = (): void => {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#signal.removeEventListener('abort', this.#close)
    for (const callback of this.#onClose) callback()
    this.#leaving = []
    // Nobody reads this answer, because the client has left. Without it the host would wait for ever.
    this.#respond(new Response(null, { status: 499 }))
  }
}
