import { useTranslations } from 'use-intl'
import type { Part } from '../../../protocol/parts.ts'

interface SuggestionsProps {
  parts: readonly Part[]
  onAsk: ((question: string) => void) | undefined
}

/** The questions that a reply suggests: buttons that send them, or a list where nothing can be sent. */
export function Suggestions({ parts, onAsk }: SuggestionsProps) {
  const t = useTranslations()
  const questions = parts.flatMap(part => (part.type === 'suggestions' ? part.questions : []))
  if (questions.length === 0) return null
  return (
    <div className="mt-4 text-sm">
      <h3 className="font-medium text-muted">{t('message.suggestions')}</h3>
      <ul className={onAsk ? 'mt-2 flex flex-wrap gap-2' : 'mt-1 list-disc space-y-1 pl-5'}>
        {questions.map(question => (
          <li key={question} dir="auto">
            {onAsk ? (
              <button
                type="button"
                onClick={() => onAsk(question)}
                className="min-h-9 pointer-coarse:min-h-11 rounded-xl border border-line bg-surface px-3 py-1.5 text-left hover:bg-subtle"
              >
                {question}
              </button>
            ) : (
              question
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
