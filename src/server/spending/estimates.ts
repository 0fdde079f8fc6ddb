import type { Cost, Usage } from '../../protocol/events.ts'
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

  /** What a run may use: its whole input, and as much output as it may have. */
  function before(request: ProviderRequest): Amount & { inputTokens: number } {
    const { model, choices = [{ model }], instructions, history, partial = [] } = request
    const length = history.reduce(
      (sum, { parts }) => sum + lengthSent(parts),
      instructions.length + lengthOfParts(partial),
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
   * What a run has used, as the provider counted it. If it counted nothing: the estimated input, and the output by the
   * length of its text. A run that failed without a text has used nothing. An erased run has used what it reserved.
   */
  function after(spent: SpentRun | undefined, reservation: SpendingReservationRow): Amount {
    if (!spent) return { tokens: reservation.tokens, micros: reservation.micros }
    const { run, parts, continuedParts } = spent
    if (run.usage !== null) {
      const usage = JSON.parse(run.usage) as Usage
      const { tokens, micros } = amountOf(run.model, usage)
      const cost = run.cost === null ? undefined : (JSON.parse(run.cost) as Cost)
      return { tokens, micros: cost ? microsOf(cost.amount) : micros }
    }
    const outputTokens = tokensIn(Math.max(0, lengthOfParts(parts) - lengthOfParts(continuedParts)))
    if (outputTokens === 0 && run.status === 'failed') return { tokens: 0, micros: 0 }
    return amountOf(run.model, { inputTokens: reservation.input_tokens, outputTokens })
  }

  return { before, after, maxOutputTokens, amountOf }
}

/** About how many tokens a text of this length is. */
export function tokensIn(length: number): number {
  return Math.ceil(length / CHARACTERS_PER_TOKEN)
}
