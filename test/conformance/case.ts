import type { Session } from './session.ts'

/** One rule of the wire, and a check that a server keeps it. */
export interface Case {
  id: string
  /** The rule in the words of PROTOCOL.md. */
  rule: string
  /** The case is slow, or disturbs the others. It runs alone, after them. */
  last?: true
  /** Throws what is wrong. Throws `Skip` if this server does not show whether it keeps the rule. */
  check(session: Session): Promise<void>
}

/** A case throws it if this server does not show whether it keeps the rule. */
export class Skip extends Error {}

export interface Result {
  case: Case
  outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  reason?: string
}

/** How many cases run at once. */
const CONCURRENCY = 8
/**
 * The longest time that a case may take, in milliseconds. It may have to wait a minute, because the server limits the
 * rate.
 */
const TIMEOUT = 90_000

/** Checks the cases. Calls `onResult` for each, in their order, as soon as the results before it are known. */
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
