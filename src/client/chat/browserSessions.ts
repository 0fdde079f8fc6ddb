import { PATHS } from '../../protocol/paths.ts'
import type { Session, SessionListResponse } from '../../protocol/responses.ts'
import type { ApiResult } from '../api.ts'
import type { ChatClient } from './chatClient.ts'

type Caller = Pick<ChatClient, 'call'>

/** The browsers in which the owner is signed in. Nobody whom a host vouches for has any. */
export function listBrowserSessions(client: Caller): Promise<ApiResult<SessionListResponse>> {
  return client.call({ method: 'GET', path: PATHS.sessions })
}

/** Signs one browser out. Succeeds for one that is signed out already. */
export async function signOutBrowser(
  client: Caller,
  { id }: Pick<Session, 'id'>,
): Promise<ApiResult<undefined>> {
  const result = await client.call<undefined>({ method: 'DELETE', path: PATHS.session(id) })
  return !result.ok && result.failure === 'NOT_FOUND' ? { ok: true, value: undefined } : result
}

/** Signs out every browser but this one. */
export function signOutOtherBrowsers(client: Caller): Promise<ApiResult<undefined>> {
  return client.call({ method: 'DELETE', path: PATHS.sessions })
}
