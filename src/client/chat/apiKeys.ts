import { PATHS } from '../../protocol/paths.ts'
import type { CreateKeyRequest } from '../../protocol/requests.ts'
import type { ApiKey, ApiKeyListResponse, CreatedKeyResponse } from '../../protocol/responses.ts'
import type { ApiResult } from '../api.ts'
import type { ChatClient } from './chatClient.ts'

type Caller = Pick<ChatClient, 'call'>

/** The API keys of the owner that have not ended, and how many it may have. */
export function listApiKeys(client: Caller): Promise<ApiResult<ApiKeyListResponse>> {
  return client.call({ method: 'GET', path: PATHS.keys })
}

/** Makes a key. The result has its secret, which nothing tells again. */
export function createApiKey(client: Caller, body: CreateKeyRequest): Promise<ApiResult<CreatedKeyResponse>> {
  return client.call({ method: 'POST', path: PATHS.keys, body })
}

/** Revokes a key. Succeeds for one that is revoked already. */
export async function revokeApiKey(
  client: Caller,
  { id }: Pick<ApiKey, 'id'>,
): Promise<ApiResult<undefined>> {
  const result = await client.call<undefined>({ method: 'DELETE', path: PATHS.key(id) })
  return !result.ok && result.failure === 'NOT_FOUND' ? { ok: true, value: undefined } : result
}
