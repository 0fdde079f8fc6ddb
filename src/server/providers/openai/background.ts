import type { Clock } from '../../clock.ts'
import { DETACHED } from '../../generation/provider.ts'
import type { BackgroundApi } from './backgroundApi.ts'
import { type BackgroundReader, createBackgroundReader, type ResumeFrom } from './backgroundReader.ts'
import { type Failure, timeout, truncated } from './failure.ts'
import type { Push } from './replyReader.ts'
import { hasLastStatus } from './storedResponse.ts'

export interface BackgroundOptions {
  api: BackgroundApi
  clock: Clock
  /** Milliseconds that a whole reply may take, or the rest of one. */
  total: number
}

export interface Job {
  /** The request that begins the response, or where an earlier process left one. */
  from: { body: string } | ResumeFrom
  push: Push
  signal: AbortSignal
}

export interface Background {
  /**
   * Reads one background response to its end, over as many connections as it takes. Resolves as `runConnection` does.
   * If `signal` aborts before the end, the response is cancelled, unless the signal's reason is `DETACHED`.
   */
  read(job: Job): Promise<Failure | undefined>
  /** Deletes a response at the provider, after those before it. What still waits at `close` is not deleted. */
  requestDeletion(id: string): void
  /** From now on no request is repeated. Resolves when no request to cancel or to delete is under way. */
  close(): Promise<void>
}

/** How many streams may continue one that was cut. After them the response is polled. */
const MAX_CONTINUATIONS = 3
const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 5000
/** How long an abandoned request may take to name its response, which is then cancelled. */
const NAMING_TIMEOUT_MS = 3000

export function createBackground({ api, clock, total }: BackgroundOptions): Background {
  const cancels = new Set<Promise<void>>()
  let deletions: Promise<unknown> = Promise.resolve()
  let isClosed = false
  const following: Following = { api, clock, isClosed: () => isClosed }

  async function read({ from, push, signal }: Job): Promise<Failure | undefined> {
    if (signal.aborted) return undefined
    const stop = new AbortController()
    const pushOn: Push = chunk => (signal.aborted ? stop.abort() : push(chunk))
    const reader = createBackgroundReader(pushOn, 'position' in from ? from : undefined)
    let isExpired = false
    let isSent = false
    let timer = clock.schedule(() => {
      isExpired = true
      stop.abort()
    }, total)
    const leave = () => {
      if (!isSent || reader.position || signal.reason === DETACHED) return stop.abort()
      // Closing the socket does not stop the response. Only the first event has the id to cancel, so this waits for it:
      // the checkpoint that follows it ends the wait.
      clock.cancel(timer)
      timer = clock.schedule(() => stop.abort(), NAMING_TIMEOUT_MS)
    }
    const onSent = () => {
      isSent = true
    }
    signal.addEventListener('abort', leave, { once: true })
    let failure: Failure | undefined = truncated()
    if ('body' in from) failure = await api.begin({ body: from.body, reader, signal: stop.signal, onSent })
    if (failure && reader.position && !reader.isOver) failure = await follow(following, reader, stop.signal)
    clock.cancel(timer)
    signal.removeEventListener('abort', leave)

    const left = reader.isOver ? undefined : reader.position
    if (left && signal.reason !== DETACHED) cancel(left.id)
    if (isExpired) return timeout('total')
    // The provider may still be writing the response. If anything asked again, there would be two.
    return failure && left ? { ...failure, repeatable: false, status: undefined } : failure
  }

  function cancel(id: string): void {
    const done = api.cancel(id).finally(() => cancels.delete(done))
    cancels.add(done)
  }

  /** One at a time, because there may be thousands. It waits for all cancels, because one may be for the same response. */
  function requestDeletion(id: string): void {
    deletions = deletions.then(() => Promise.all(cancels)).then(() => (isClosed ? undefined : api.delete(id)))
  }

  return {
    read,
    requestDeletion,
    async close() {
      isClosed = true
      await Promise.all([...cancels, deletions])
    },
  }
}

interface Following {
  api: BackgroundApi
  clock: Clock
  isClosed(): boolean
}

/** Follows a response whose stream was cut: by more streams, and by polling when a stream brings nothing new. */
async function follow(
  following: Following,
  reader: BackgroundReader,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const { api, clock, isClosed } = following
  const backoff = createBackoff(clock, signal)
  for (let streams = 0; streams < MAX_CONTINUATIONS; ) {
    const { id, sequence } = reader.position ?? {}
    if (id === undefined || sequence === undefined) break
    reader.continueStream()
    const failure = await api.goOn({ id, sequence, reader, signal })
    if (!failure || reader.isOver) return failure
    if (isTransient(failure)) {
      if (isClosed()) return failure
      await backoff.wait(failure.retryAfter)
    } else {
      streams += 1
      if (reader.position?.sequence === sequence) break
    }
  }
  return poll(following, reader, signal)
}

/** Asks for the response until it has its last status, then gives the rest of it. */
async function poll(
  { api, clock, isClosed }: Following,
  reader: BackgroundReader,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const backoff = createBackoff(clock, signal)
  const id = reader.position?.id ?? ''
  while (!signal.aborted) {
    const { response, failure } = await api.retrieve(id, signal)
    if (signal.aborted) break
    if (response && hasLastStatus(response)) {
      const outcome = reader.finish(response)
      return outcome === 'complete' ? undefined : outcome
    }
    if (failure?.status === 404) return reader.lose()
    if (failure && (isClosed() || !isTransient(failure))) return failure
    await backoff.wait(failure?.retryAfter)
  }
  return undefined
}

/** Whether the same request may succeed a little later. */
function isTransient({ status, code, repeatable }: Failure): boolean {
  if (status !== undefined) return status >= 500 || status === 408 || status === 429
  return code === 'UPSTREAM_UNREACHABLE' || (code === 'UPSTREAM_TIMEOUT' && repeatable)
}

/** Each wait is longer than the one before. */
function createBackoff(clock: Clock, signal: AbortSignal) {
  let next = FIRST_WAIT_MS
  return {
    /** Waits at least `seconds`, or until the signal aborts. */
    async wait(seconds = 0): Promise<void> {
      if (signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      const timer = clock.schedule(wake, Math.max(next, seconds * 1000))
      next = Math.min(next * 1.5, MAX_WAIT_MS)
      signal.addEventListener('abort', wake, { once: true })
      await promise
      signal.removeEventListener('abort', wake)
      clock.cancel(timer)
    },
  }
}
