import { useFormatter, useTranslations } from 'use-intl'
import type { Limit } from '../../../protocol/responses.ts'

/** The share of a limit from which the page tells what is left. */
const TOLD_FROM = 0.8

/** Says how much is left of the limit that is nearest, once most of it is used. */
export function LimitNote({ limits }: { limits: readonly Limit[] | null }) {
  const say = useLeftText()
  const nearest = limits
    ?.filter(({ kind, limit, used }) => kind !== 'runs' && used >= limit * TOLD_FROM)
    .toSorted((a, b) => b.used / b.limit - a.used / a.limit)
    .at(0)
  return (
    <div role="status" className="column px-4">
      {nearest && (
        <p data-limit className="mb-2 text-center text-muted text-xs">
          {say(nearest)}
        </p>
      )}
    </div>
  )
}

function useLeftText(): (limit: Limit) => string {
  const t = useTranslations()
  const format = useFormatter()
  return ({ kind, limit, used, currency = 'USD' }) => {
    const count = Math.max(0, limit - used)
    const isOfGroup = kind === 'groupBudget' || kind === 'groupTokenBudget'
    if (count === 0 && isOfGroup) return t('limits.groupUsed')
    if (count === 0)
      return kind === 'messages' || kind === 'tokens' ? t('limits.dayUsed') : t('limits.monthUsed')
    if (kind === 'messages') return t('limits.messages', { count })
    if (kind === 'tokens') return t('limits.tokens', { count })
    if (kind === 'tokenBudget') return t('limits.tokenBudget', { count })
    if (kind === 'groupTokenBudget') return t('limits.groupTokenBudget', { count })
    const amount = format.number(count, { style: 'currency', currency })
    return t(isOfGroup ? 'limits.groupBudget' : 'limits.budget', { amount })
  }
}
