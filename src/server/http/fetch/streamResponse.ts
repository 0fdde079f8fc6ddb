import type { Locale } from '../../../protocol/locale.ts'
import type { Caller } from '../../access/caller.ts'
import type { StreamAnswer } from '../answer.ts'
import { type Api, holdByProofOf } from '../api.ts'
import { EventStream } from '../eventStream.ts'
import type { OpenStreams } from './openStreams.ts'
import { WebOutlet } from './webOutlet.ts'

export interface StreamParts {
  api: Pick<Api, 'clock' | 'heartbeats' | 'logger' | 'sessions' | 'keys'>
  streams: OpenStreams
  /** Headers of the answer, besides those of every stream. */
  headers: Headers
  locale: Locale
  caller: Caller | undefined
  /** Aborts when the client leaves. */
  signal: AbortSignal
}

/**
 * Resolves once the stream has begun. Throws what `answer` throws, as long as an error can still be answered. A later
 * error cuts the stream.
 */
export async function streamResponse(
  answer: StreamAnswer,
  { api, streams, headers, locale, caller, signal }: StreamParts,
): Promise<Response> {
  const outlet = new WebOutlet(headers, signal)
  const stream = new EventStream({
    outlet,
    headers: answer.headers,
    locale,
    clock: api.clock,
    onBacklog: () => streams.bound(),
    holdByProof: holdByProofOf(api, caller),
    ...(answer.heartbeats !== false && { heartbeats: api.heartbeats }),
  })
  streams.add(outlet, stream)
  const followed = answer.follow(stream).then(
    () => outlet.response,
    (error: unknown) => {
      if (!outlet.hasBegun) throw error
      api.logger.error({ err: error }, 'a stream was cut')
      outlet.cut()
      return outlet.response
    },
  )
  return Promise.race([outlet.response, followed])
}
