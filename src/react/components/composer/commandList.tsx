import { useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { CommandMenu } from './useCommandMenu.ts'

/**
 * The commands that match what was typed after the slash. The list is above the field, which keeps the focus. In an empty
 * conversation it is below the field, because there is more room.
 */
export function CommandList({ id, options, active, choose, point }: CommandMenu) {
  const t = useTranslations()
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector(`[aria-selected=true]`)?.scrollIntoView({ block: 'nearest' })
  })
  return (
    <>
      <p role="status" className="sr-only">
        {options.length > 0 && t('command.count', { count: options.length })}
      </p>
      {options.length > 0 && (
        <div
          ref={list}
          id={id}
          role="listbox"
          aria-label={t('command.list')}
          className="dialog absolute right-4 bottom-full left-4 z-10 mb-2 max-h-72 in-data-empty:top-full in-data-empty:bottom-auto overflow-y-auto rounded-xl border border-line bg-surface p-1.5 shadow-lg"
        >
          {options.map((option, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field keeps the focus, and handles the keys
            <div
              key={option.id}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              onPointerMove={() => point(index)}
              onPointerDown={event => event.preventDefault()}
              onClick={() => choose(option)}
              className={`flex min-h-10 cursor-default items-baseline gap-3 rounded-lg px-3 py-2 pointer-coarse:min-h-11 ${index === active ? 'bg-subtle' : ''}`}
            >
              <span className="truncate font-medium">
                {option.body === '' ? option.name : `/${option.name}`}
              </span>
              <span className="truncate text-muted text-sm">{option.body}</span>
            </div>
          ))}
        </div>
      )}
    </>
  )
}
