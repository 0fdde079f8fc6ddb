import { callApi } from '../client/api.ts'
import type { Timers } from '../client/browser.ts'
import { PATHS } from '../protocol/paths.ts'
import type { StopResponse } from '../protocol/responses.ts'
import { isFinal, type RiachoApi } from './riachoApi.ts'

const MAX_ATTEMPTS = 5
/** Milliseconds. The server answers within 2 s, so after this time the connection is dead. */
const ANSWER_LIMIT = 10_000
const LONGEST_TOLD_DELAY = 30_000

/**
 * Stops a run. Resolves once the run has ended, or the server refuses for good, or the last attempt has failed. Never
 * rejects.
 */
export async function stopRun(api: RiachoApi, runId: string, timers: Timers): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const wait = await askOnce(api, runId, timers)
    if (wait === null || attempt === MAX_ATTEMPTS) return
    const delay = wait.isActive ? 0 : Math.max(1000 * 2 ** (attempt - 1), wait.told)
    await new Promise<void>(resolve => timers.set(resolve, delay))
  }
}

/** Gives `null` if there is nothing more to ask. `isActive`: the run has not ended yet. `told` is in milliseconds. */
async function askOnce(
  api: RiachoApi,
  runId: string,
  timers: Timers,
): Promise<{ isActive: boolean; told: number } | null> {
  const request = new AbortController()
  const cancel = timers.set(() => request.abort(), ANSWER_LIMIT)
  const call = { method: 'POST', path: PATHS.stop(runId), signal: request.signal } as const
  const result = await callApi<StopResponse>(api, call)
  cancel()
  if (result.ok) return result.value.status === 'active' ? { isActive: true, told: 0 } : null
  if (isFinal(result)) return null
  return { isActive: false, told: Math.min((result.retryAfter ?? 0) * 1000, LONGEST_TOLD_DELAY) }
}
