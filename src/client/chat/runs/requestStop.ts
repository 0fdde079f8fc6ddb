import { PATHS } from '../../../protocol/paths.ts'
import type { StopResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateOpen, updateState } from '../chatContext.ts'

/** Asks the server to stop a run. The end comes over the stream; the answer only matters if the server refuses. */
export async function requestStop(context: ChatContext, key: string, runId: string): Promise<void> {
  const call = { method: 'POST', path: PATHS.stop(runId) } as const
  const result = await callApi<StopResponse>(context.browser, call)
  if (result.ok) return
  updateState(context, { notice: result.failure })
  context.pacers.get(key)?.thaw()
  updateOpen(context, key, open => ({ ...open, run: open.run && { ...open.run, stopRequested: false } }))
}
