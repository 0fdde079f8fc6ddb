import type { Session } from './session.ts'

/** One rule of the wire, and how a server is seen to keep it. */
export interface Case {
  id: string
  /** The words of PROTOCOL.md that it checks. */
  rule: string
  /** Slow, or spoils what the others need: runs alone, after them. */
  last?: true
  /** Throws what is wrong, or `Skip` when this server does not let it be seen. */
  check(session: Session): Promise<void>
}

/** Thrown by a case that this server does not let be seen. */
export class Skip extends Error {}

export interface Result {
  case: Case
  outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  reason?: string
}

/** Cases that run at once. */
const CONCURRENCY = 8
/** Longest time a case may take, in milliseconds: it may have to wait a minute for the server's rate limit. */
const TIMEOUT = 90_000

/** Checks the cases and tells `onResult` of each, in their order, as soon as those before it are known. */
export async function checkCases(
  cases: readonly Case[],
  session: Session,
  onResult: (result: Result) => void = () => {},
): Promise<Result[]> {
  const results: Result[] = []
  const together = cases.filter(({ last }) => !last)
  const alone = cases.filter(({ last }) => last)
  let started = 0
  let told = 0
  const worker = async () => {
    while (started < together.length) {
      const index = started++
      results[index] = await checkCase(together[index] as Case, session)
      for (let next = results[told]; next; next = results[told]) {
        onResult(next)
        told++
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  for (const slow of alone) {
    const result = await checkCase(slow, session)
    results.push(result)
    onResult(result)
  }
  return results
}

async function checkCase(checked: Case, session: Session): Promise<Result> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT / 1000} s`)), TIMEOUT)
  try {
    await Promise.race([checked.check(session), timeout])
    return { case: checked, outcome: 'passed' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { case: checked, outcome: error instanceof Skip ? 'skipped' : 'failed', reason }
  } finally {
    clearTimeout(timer)
  }
}
