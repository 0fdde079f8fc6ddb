import assert from 'node:assert/strict'
import type { RequestErrorCode } from '../../../src/protocol/errors.ts'
import type { ErrorResponse } from '../../../src/protocol/responses.ts'
import type { Answer, Frame } from '../client.ts'

export const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

/** Throws unless `answer` is a refusal with this status and code. Returns its body. */
export function assertRefused(answer: Answer, status: number, code: RequestErrorCode): ErrorResponse {
  assert.equal(answer.status, status, `answered ${answer.status} in place of ${status} ${code}`)
  const body = answer.json<ErrorResponse>()
  assert.equal(body.code, code)
  return body
}

/** Throws unless the ids are `first`, `first + 1`, … */
export function assertConsecutive(frames: readonly Frame[], first = 1): void {
  for (const [index, { id }] of frames.entries()) {
    assert.equal(id, first + index, `id ${id} in place of ${first + index}`)
  }
}

/** Throws unless both have the same frames, byte for byte except for line breaks. */
export function assertSameFrames(actual: readonly Frame[], expected: readonly Frame[]): void {
  const plain = (frames: readonly Frame[]) =>
    frames.map(({ id, event = '', data }) => `${id} ${event} ${data}`)
  assert.deepEqual(plain(actual), plain(expected))
}

/**
 * The frames that a reader has applied after it saw `seen` and then got `more`. Throws if it could not apply one of
 * them.
 */
export function continued(seen: readonly Frame[], more: readonly Frame[]): Frame[] {
  let last = seen.at(-1)?.id ?? 0
  for (const { id, event } of more) {
    if (event !== 'snapshot') assert.equal(id, last + 1, `id ${id} after ${last}`)
    last = id
  }
  return [...seen, ...more]
}
