import type { Share, ShareListResponse, ShareResponse } from '../../../protocol/responses.ts'
import type { ApiResult } from '../api.ts'
import type { ChatClient } from '../chatClient.ts'

type Caller = Pick<ChatClient, 'call'>

/** Freezes a copy of what is being read of a conversation; whoever has its address can read it. */
export function createShare(client: Caller, conversationId: string): Promise<ApiResult<ShareResponse>> {
  return client.call({ method: 'POST', path: `/api/chat/conversations/${conversationId}/shares` })
}

/** The links of one conversation, or all for `null`; newest first. */
export function listShares(
  client: Caller,
  conversationId: string | null,
): Promise<ApiResult<ShareListResponse>> {
  const path =
    conversationId === null ? '/api/chat/shares' : `/api/chat/conversations/${conversationId}/shares`
  return client.call({ method: 'GET', path })
}

/** From then on nobody can read it. One that is gone already is revoked too. */
export async function revokeShare(client: Caller, share: Share): Promise<ApiResult<undefined>> {
  const result = await client.call<undefined>({ method: 'DELETE', path: `/api/chat/shares/${share.id}` })
  return !result.ok && result.failure === 'NOT_FOUND' ? { ok: true, value: undefined } : result
}

/** The address of a share's page. */
export function shareAddress(share: Share): string {
  return `${location.origin}/s/${share.id}`
}
