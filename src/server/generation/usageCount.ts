import type { Cost, RunEnd, Usage } from '../../protocol/events.ts'
import type { CostOf } from './cost.ts'
import type { RunOptions } from './runOptions.ts'

/** Counts what the requests of one run used. */
export class UsageCount {
  /** The model that answers, if it is another one than `run-start` says. */
  model: string | undefined
  /** Of the request that is under way. */
  usage: Usage | undefined
  readonly #asked: string
  readonly #costOf: CostOf | undefined
  /** Of the requests before it. */
  #usageBefore: Usage | undefined
  #costBefore: Cost | undefined
  #isLastCounted = true

  constructor({ task, log, costOf }: Pick<RunOptions, 'task' | 'log' | 'costOf'>) {
    this.#asked = log.start.model
    this.#costOf = costOf
    if (!('request' in task) || !task.underWay) return
    const { used, cost } = task.underWay
    this.#usageBefore = used
    this.#costBefore = cost
    this.#isLastCounted = used !== undefined
  }

  /** The next request begins. Another provider may answer it, and says so then. */
  next(): void {
    const { usage, cost } = this.sum
    this.#isLastCounted = this.usage !== undefined
    this.#usageBefore = usage
    this.#costBefore = cost
    this.forget()
  }

  /** The model and the usage belong to an attempt that failed, and not to the next one. */
  forget(): void {
    this.usage = undefined
    this.model = undefined
  }

  /** Of all requests so far. */
  get sum(): { usage: Usage | undefined; cost: Cost | undefined } {
    const cost = this.usage && this.#costOf?.(this.model ?? this.#asked, this.usage)
    return { usage: sumOfUsage(this.#usageBefore, this.usage), cost: sumOfCost(this.#costBefore, cost) }
  }

  /** Of all requests before the one that is about to begin. `undefined`: the provider did not count the last one. */
  get counted(): { usage: Usage | undefined; cost: Cost | undefined } | undefined {
    return this.#isLastCounted ? this.sum : undefined
  }

  /** The usage and the cost, as far as they are known. */
  read(): Pick<RunEnd, 'model' | 'usage' | 'cost'> {
    const { model } = this
    const { usage, cost } = this.sum
    return { ...(model !== undefined && { model }), ...(usage && { usage }), ...(cost && { cost }) }
  }
}

/** The tokens of two requests together. */
function sumOfUsage(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (!one || !other) return one ?? other
  const both = { ...one }
  for (const [name, count] of Object.entries(other) as [keyof Usage, number][])
    both[name] = (both[name] ?? 0) + count
  return both
}

function sumOfCost(one: Cost | undefined, other: Cost | undefined): Cost | undefined {
  if (!one || !other) return one ?? other
  // Sums of decimal fractions have a tail. Rounding removes it.
  return { ...one, amount: Number((one.amount + other.amount).toPrecision(12)) }
}
