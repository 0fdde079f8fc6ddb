import { PATHS } from '../../../protocol/paths.ts'
import type { Share, ShareListResponse, ShareResponse } from '../../../protocol/responses.ts'
import type { ApiResult } from '../../api.ts'
import type { ChatClient } from '../chatClient.ts'

type Caller = Pick<ChatClient, 'call'>

/** Creates a public link to a frozen copy of a conversation's current branch. */
export function createShare(client: Caller, conversationId: string): Promise<ApiResult<ShareResponse>> {
  return client.call({ method: 'POST', path: PATHS.sharesOf(conversationId) })
}

/** The public links of one conversation, or all of them for `null`; newest first. */
export function listShares(
  client: Caller,
  conversationId: string | null,
): Promise<ApiResult<ShareListResponse>> {
  const path = conversationId === null ? PATHS.shares : PATHS.sharesOf(conversationId)
  return client.call({ method: 'GET', path })
}

/** Revokes a public link: nobody can read it any more. Succeeds for one that is gone already. */
export async function revokeShare(client: Caller, share: Share): Promise<ApiResult<undefined>> {
  const result = await client.call<undefined>({ method: 'DELETE', path: PATHS.share(share.id) })
  return !result.ok && result.failure === 'NOT_FOUND' ? { ok: true, value: undefined } : result
}
