import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, TestStream } from '../harness/client.ts'

/** By then a server that was killed is back, and a call is answered, in milliseconds. */
export const BOUND = 30_000

/** An answer that no model allows. */
export class WrongAnswer extends Error {}

/** Resolves as `work` does. Throws `WrongAnswer` if that takes too long. */
export async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  const answered = new AbortController()
  const late = delay(BOUND, undefined, { signal: answered.signal }).then(
    () => {
      throw new WrongAnswer(`no answer within ${BOUND} ms`)
    },
    () => work,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    answered.abort()
  }
}

/** Throws `WrongAnswer` for any other status. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer
  throw new WrongAnswer(`expected ${status}, got ${answer.status} ${answer.text}`)
}

export async function refusalOf(stream: TestStream): Promise<string> {
  await stream.closed
  return `expected 200, got ${stream.status} ${stream.raw}`
}

/** Whether the connection ended before the answer did, or could not be made. */
export function isCut(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(String(code)) ||
    error.message.startsWith('the response was over')
  )
}
