import { PATHS } from '../../../protocol/paths.ts'
import type { LimitListResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'

/**
 * Reads what the person may still use. A server that has told once that it has no limits is asked again only once a limit is
 * reached, because an administrator may have set one since.
 */
export async function readLimits(context: ChatContext, { isReached = false } = {}): Promise<void> {
  if (context.store.get().limits?.length === 0 && !isReached) return
  const read = ++context.limitReads
  const call = { method: 'GET', path: PATHS.limits } as const
  const result = await callApi<LimitListResponse>(context.browser, call)
  if (result.ok && read === context.limitReads) updateState(context, { limits: result.value.limits })
}
