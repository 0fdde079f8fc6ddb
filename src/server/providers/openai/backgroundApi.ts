import type { Readable } from 'node:stream'
import type { Clock } from '../../clock.ts'
import { runConnection, type Timeouts } from './connection.ts'
import { type Failure, refusalOf, retryAfterOf, unreachable } from './failure.ts'
import type { OpenaiServer } from './openaiServer.ts'
import type { ReplyReader } from './replyReader.ts'
import { PATHS } from './requestBodies.ts'
import type { StoredResponse } from './storedResponse.ts'

export interface BackgroundApiOptions extends OpenaiServer {
  timeouts: Timeouts
  clock: Clock
}

/** The requests of a background response. None of them rejects. */
export interface BackgroundApi {
  /** Begins a response and streams it. */
  begin(options: {
    body: string
    reader: ReplyReader
    signal: AbortSignal
    onSent: () => void
  }): Promise<Failure | undefined>
  /** Streams what comes after event number `sequence`. */
  goOn(options: {
    id: string
    sequence: number
    reader: ReplyReader
    signal: AbortSignal
  }): Promise<Failure | undefined>
  retrieve(id: string, signal: AbortSignal): Promise<{ response?: StoredResponse; failure?: Failure }>
  /** Resolves when the provider has answered, or takes too long. */
  cancel(id: string): Promise<void>
  /** Deletes a response. Resolves as `cancel` does. */
  delete(id: string): Promise<void>
}

const BEST_EFFORT_TIMEOUT_MS = 3000
const MAX_RESPONSE_CHARACTERS = 8 * 1024 * 1024

export function createBackgroundApi(options: BackgroundApiOptions): BackgroundApi {
  const { dispatcher, origin, pathOf, headers, timeouts, clock } = options
  const endpointOf = (id: string) => `${PATHS.responses}/${encodeURIComponent(id)}`
  const plain = { ...headers, accept: 'application/json' }
  return {
    begin(request) {
      const path = pathOf(PATHS.responses)
      return runConnection({ dispatcher, origin, path, headers, timeouts, clock, ...request })
    },
    goOn({ id, sequence, ...request }) {
      const path = pathOf(endpointOf(id), `stream=true&starting_after=${sequence}`)
      return runConnection({ dispatcher, origin, path, headers, timeouts, clock, ...request })
    },
    async retrieve(id, signal) {
      try {
        const answer = await dispatcher.request({
          origin,
          path: pathOf(endpointOf(id)),
          method: 'GET',
          headers: plain,
          headersTimeout: timeouts.firstByte,
          bodyTimeout: timeouts.idle,
          signal,
        })
        const text = await readBody(answer.body)
        if (answer.statusCode === 200) return { response: JSON.parse(text) as StoredResponse }
        const retryAfter = retryAfterOf(answer.headers, clock.now())
        return { failure: refusalOf(answer.statusCode, text, retryAfter) }
      } catch (error) {
        return { failure: unreachable(error as Error) }
      }
    },
    cancel: id => bestEffort('POST', `${endpointOf(id)}/cancel`),
    delete: id => bestEffort('DELETE', endpointOf(id)),
  }

  async function bestEffort(method: 'POST' | 'DELETE', endpoint: string): Promise<void> {
    const signal = AbortSignal.timeout(BEST_EFFORT_TIMEOUT_MS)
    try {
      const path = pathOf(endpoint)
      const { body } = await dispatcher.request({ origin, path, method, headers: plain, signal })
      await body.dump()
    } catch {
      // Nobody waits for the answer. Without it the provider ends or drops the response by itself.
    }
  }
}

async function readBody(body: Readable): Promise<string> {
  let text = ''
  for await (const chunk of body.setEncoding('utf8')) {
    text += chunk
    if (text.length > MAX_RESPONSE_CHARACTERS) throw new Error('the response is too large')
  }
  return text
}
