import type { RunEnd, Usage } from '../../protocol/events.ts'
import type { CostOf } from './cost.ts'

/** Counts what the requests of one run used. */
export class UsageCount {
  /** The model that answers, if it is another one than `run-start` says. */
  model: string | undefined
  /** Of the request that is under way. */
  usage: Usage | undefined
  /** Of the requests before it. */
  #before: Usage | undefined

  /** The next request begins. Another provider may answer it, and says so then. */
  next(): void {
    this.#before = sum(this.#before, this.usage)
    this.forget()
  }

  /** The model and the usage belong to an attempt that failed, and not to the next one. */
  forget(): void {
    this.usage = undefined
    this.model = undefined
  }

  /** The usage and the cost, as far as they are known. `asked`: the model that `run-start` says. */
  read(asked: string, costOf: CostOf | undefined): Pick<RunEnd, 'model' | 'usage' | 'cost'> {
    const { model } = this
    const usage = sum(this.#before, this.usage)
    const cost = usage && costOf?.(model ?? asked, usage)
    return { ...(model !== undefined && { model }), ...(usage && { usage }), ...(cost && { cost }) }
  }
}

/** The tokens of two requests together. */
function sum(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (!one || !other) return one ?? other
  const both = { ...one }
  for (const [name, count] of Object.entries(other) as [keyof Usage, number][])
    both[name] = (both[name] ?? 0) + count
  return both
}
