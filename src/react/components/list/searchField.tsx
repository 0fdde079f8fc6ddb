import { Search, X } from 'lucide-react'
import { type KeyboardEvent, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '../controls/button.tsx'
import { isComposing } from '../controls/isComposing.ts'
import { useShortcutTip } from '../controls/keyboard.ts'

interface SearchFieldProps {
  query: string
  onQuery(query: string): void
  /** The person is about to search. */
  onNear(): void
}

const LONGEST_QUERY = 200

/** The search field. Escape empties it. */
export function SearchField({ query, onQuery, onNear }: SearchFieldProps) {
  const t = useTranslations()
  const tip = useShortcutTip()
  const field = useRef<HTMLInputElement>(null)
  const clear = () => {
    onQuery('')
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || query === '') return
    event.stopPropagation()
    // Browsers empty a search field at Escape, even if the key only cancels a word being composed.
    event.preventDefault()
    if (!isComposing(event.nativeEvent)) clear()
  }
  return (
    <search className="relative flex">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted"
      />
      <input
        ref={field}
        type="search"
        enterKeyHint="search"
        autoComplete="off"
        data-search
        value={query}
        maxLength={LONGEST_QUERY}
        aria-label={t('search.label')}
        {...tip('search')}
        placeholder={t('search.label')}
        onFocus={onNear}
        onKeyDown={onKeyDown}
        onChange={event => onQuery(event.target.value)}
        className="h-11 w-full min-w-0 rounded-lg border border-line bg-bg pr-11 pl-9 text-base placeholder:text-muted [&::-webkit-search-cancel-button]:appearance-none hover:border-line-strong @3xl/chat:text-sm"
      />
      {query !== '' && (
        <Button
          shape="icon"
          className="absolute top-0.5 right-0.5"
          aria-label={t('search.clear')}
          onClick={clear}
        >
          <X aria-hidden className="size-4" />
        </Button>
      )}
    </search>
  )
}
