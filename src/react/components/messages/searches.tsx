import { Globe, LoaderCircle } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { Part } from '../../../protocol/parts.ts'
import { safeUrl } from '../../markdown/links.ts'

export type SearchPart = Part & { type: 'search' }

/** Says in one line what the provider searched the web for. `searches` follow each other. */
export function Searches({ searches }: { searches: readonly SearchPart[] }) {
  const t = useTranslations()
  const isRunning = searches.some(({ status }) => status === 'running')
  const words = [...new Set(searches.flatMap(wordsOf))]
  const found = searches.reduce((sum, search) => sum + (search.found ?? 0), 0)
  const Icon = isRunning ? LoaderCircle : Globe
  return (
    <p className="flex gap-2 text-muted text-sm">
      <Icon
        aria-hidden
        className={`mt-0.5 size-4 shrink-0 ${isRunning ? 'animate-spin motion-reduce:animate-none' : ''}`}
      />
      <span className="min-w-0 break-words">
        {t(`webSearch.${stateOf(searches)}`)}
        {words.map((word, index) => (
          <span key={word}>
            {index === 0 ? ': ' : ' · '}
            <bdi>{word}</bdi>
          </span>
        ))}
        {!isRunning && found > 0 && ` (${t('webSearch.found', { count: found })})`}
      </span>
    </p>
  )
}

/** Of searches that ended differently, what worked counts. */
function stateOf(searches: readonly SearchPart[]): SearchPart['status'] {
  const has = (status: SearchPart['status']) => searches.some(search => search.status === status)
  if (has('running')) return 'running'
  if (has('completed')) return 'completed'
  return has('failed') ? 'failed' : 'stopped'
}

/** What it looked for, or else the site that it read. */
function wordsOf({ queries, url }: SearchPart): readonly string[] {
  const address = safeUrl(url ?? '')
  return queries.length > 0 || !/^https?:/i.test(address) ? queries : [new URL(address).hostname]
}
