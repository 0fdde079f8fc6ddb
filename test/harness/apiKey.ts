import { expect } from 'vitest'
import type { CreateKeyRequest } from '../../src/protocol/requests.ts'
import type { CreatedKeyResponse } from '../../src/protocol/responses.ts'
import type { TestClient } from './client.ts'

/** A key that an owner made, and the header of a program that has it. */
export interface MadeKey extends CreatedKeyResponse {
  headers: { authorization: string }
}

/** Makes an API key for the owner of a client. */
export async function makeKey(owner: TestClient, key: Partial<CreateKeyRequest> = {}): Promise<MadeKey> {
  const { status, text } = await owner.post('/api/chat/keys', { name: 'Relatório', scope: 'write', ...key })
  expect(status).toBe(201)
  const made = JSON.parse(text) as CreatedKeyResponse
  return { ...made, headers: { authorization: `Bearer ${made.secret}` } }
}
