import type { Cost, Usage } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import type { SpendingReservationRow } from '../database/schema.ts'
import type { SpentRun } from '../database/spending.ts'
import type { CostOf } from '../generation/cost.ts'
import { CHARACTERS_PER_TOKEN, lengthSent } from '../generation/history.ts'
import type { ProviderRequest } from '../generation/provider.ts'
import { lengthOfParts } from '../generation/replyText.ts'

/** The output that a run may have if nothing bounds it. */
const DEFAULT_MAX_OUTPUT_TOKENS = 4096
/** Parts of a unit of the currency in which money is counted. Whole numbers add up without a tail. */
const MICROS = 1_000_000

/** Tokens of input and output together, and millionths of the currency. */
export interface Amount {
  tokens: number
  micros: number
}

export interface EstimateOptions {
  costOf: CostOf
  /** The most output of a reply, if the provider is told one. */
  maxOutputTokens?: number | undefined
}

export type Estimates = ReturnType<typeof createEstimates>

export function microsOf(amount: number): number {
  return Math.round(amount * MICROS)
}

export function moneyOf(micros: number): number {
  return micros / MICROS
}

/** Reckons what runs may use, and what they have used. */
export function createEstimates({ costOf, maxOutputTokens = DEFAULT_MAX_OUTPUT_TOKENS }: EstimateOptions) {
  const amountOf = (model: string, usage: Usage): Amount => ({
    tokens: usage.inputTokens + usage.outputTokens,
    micros: microsOf(costOf(model, usage)?.amount ?? 0),
  })

  /** What a request may use: its whole input, and as much output as it may have. */
  function before(request: ProviderRequest): Amount & { inputTokens: number } {
    const { model, choices = [{ model }], instructions, history, partial = [], tools = [], reply } = request
    const length = history.reduce(
      (sum, { parts }) => sum + lengthSent(parts),
      instructions.length +
        lengthOfParts(partial) +
        (tools.length > 0 ? JSON.stringify(tools).length : 0) +
        (reply ? lengthSent(reply.parts) : 0),
    )
    const inputTokens = tokensIn(length)
    // Any of them may answer.
    const amounts = choices.map(({ model }) =>
      amountOf(model, { inputTokens, outputTokens: maxOutputTokens }),
    )
    const micros = Math.max(...amounts.map(amount => amount.micros))
    return { inputTokens, tokens: inputTokens + maxOutputTokens, micros }
  }

  /**
   * What a run has used, as the provider counted it. Of requests that it did not count: the estimated input, and the output by the
   * length of its text. A request that failed without a text has used nothing. An erased run has used what it reserved.
   */
  function after(spent: SpentRun | undefined, reservation: SpendingReservationRow): Amount {
    if (!spent) return { tokens: reservation.tokens, micros: reservation.micros }
    const { run, usage, parts, continuedParts } = spent
    if (usage)
      return counted(run.model, { usage, cost: run.cost === null ? undefined : JSON.parse(run.cost) })
    const before: Amount = { tokens: reservation.counted_tokens, micros: reservation.counted_micros }
    const written = reservation.written ?? outputLength(continuedParts)
    const outputTokens = tokensIn(Math.max(0, outputLength(parts) - written))
    if (outputTokens === 0 && run.status === 'failed') return before
    return sumOf(before, amountOf(run.model, { inputTokens: reservation.input_tokens, outputTokens }))
  }

  /** What a provider has counted. */
  function counted(model: string, { usage, cost }: { usage: Usage; cost: Cost | undefined }): Amount {
    const { tokens, micros } = amountOf(model, usage)
    return { tokens, micros: cost ? microsOf(cost.amount) : micros }
  }

  return { before, after, counted, maxOutputTokens, amountOf }
}

export function sumOf(one: Amount, other: Amount): Amount {
  return { tokens: one.tokens + other.tokens, micros: one.micros + other.micros }
}

/** What a model has written of a message, in UTF-16 units. */
export function outputLength(parts: readonly Part[]): number {
  return parts.reduce(
    // What a tool answers is input.
    (sum, part) => sum + (part.type === 'tool' ? part.arguments.length : lengthOfParts([part])),
    0,
  )
}

/** About how many tokens a text of this length is. */
export function tokensIn(length: number): number {
  return Math.ceil(length / CHARACTERS_PER_TOKEN)
}
