import { PATHS } from '../../../protocol/paths.ts'
import type { RetentionResponse } from '../../../protocol/responses.ts'
import type { ApiResult } from '../../api.ts'
import type { ChatClient } from '../chatClient.ts'

type Caller = Pick<ChatClient, 'call' | 'refresh'>

/** After how many days the conversations of the owner are deleted, and the most that the server allows. */
export function readRetention(client: Caller): Promise<ApiResult<RetentionResponse>> {
  return client.call({ method: 'GET', path: PATHS.retention })
}

/** Chooses the days, or nothing for `null`. Then reads again what the page shows, because it has the dates. */
export async function chooseRetention(
  client: Caller,
  days: number | null,
): Promise<ApiResult<RetentionResponse>> {
  const call = { method: 'PUT', path: PATHS.retention, body: { days } } as const
  const result = await client.call<RetentionResponse>(call)
  if (result.ok) client.refresh()
  return result
}
