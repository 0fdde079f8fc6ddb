import { Dialog } from 'radix-ui'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { ChatState } from '../../../client/chat/chatState.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { keysOf } from '../../shortcuts.ts'
import { useSurface } from '../../surface.ts'
import { OVERLAY } from '../controls/dialogClasses.ts'
import { isComposing, stayWhileComposing } from '../controls/isComposing.ts'
import { useIsMac } from '../controls/keyboard.ts'
import { type Command, matchesWords, useCommands } from './commands.ts'
import type { PanelProps } from './panels.ts'
import { KeyCap } from './shortcutSheet.tsx'

const MOST_CONVERSATIONS = 8

interface Option extends Command {
  group: 'commands' | 'conversations'
}

/** A field that finds every command and conversation. The arrow keys choose one, and Enter runs it. */
export function Palette(props: PanelProps & { state: ChatState }) {
  const { onClose, returnFocus } = props
  const t = useTranslations()
  const { layers } = useSurface()
  const id = useId()
  const chosen = useRef<(() => void) | null>(null)
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const options = useOptions(props, query)
  const index = Math.min(active, options.length - 1)

  const choose = (option: Option | undefined) => {
    if (!option) return
    chosen.current = option.run
    onClose()
  }
  const onCloseAutoFocus = (event: Event) => {
    returnFocus(event)
    chosen.current?.()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return
    const next = nextIndex(event, index, options.length)
    if (event.key === 'Enter') choose(options[index])
    if (next !== undefined) setActive(next)
    if (event.key === 'Enter' || next !== undefined) event.preventDefault()
  }
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal container={layers}>
        <Dialog.Overlay className={OVERLAY} />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={onCloseAutoFocus}
          onEscapeKeyDown={stayWhileComposing}
          className="dialog fixed top-[10dvh] left-1/2 z-30 flex max-h-[80dvh] w-[calc(100vw-2rem)] max-w-[36rem] -translate-x-1/2 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-xl"
        >
          <Dialog.Title className="sr-only">{t('palette.title')}</Dialog.Title>
          <Field
            listId={id}
            activeId={options[index] && `${id}-${options[index].id}`}
            query={query}
            onQuery={text => {
              setQuery(text)
              setActive(0)
            }}
            onKeyDown={onKeyDown}
          />
          <p role="status" className="sr-only">
            {t('palette.count', { count: options.length })}
          </p>
          <Options id={id} options={options} active={index} onChoose={choose} onPoint={setActive} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface FieldProps {
  listId: string
  activeId: string | undefined
  query: string
  onQuery(query: string): void
  onKeyDown(event: KeyboardEvent): void
}

function Field({ listId, activeId, query, onQuery, onKeyDown }: FieldProps) {
  const t = useTranslations()
  return (
    <input
      role="combobox"
      aria-expanded="true"
      aria-controls={listId}
      aria-autocomplete="list"
      aria-activedescendant={activeId}
      aria-label={t('palette.field')}
      placeholder={t('palette.field')}
      autoComplete="off"
      value={query}
      onChange={event => onQuery(event.target.value)}
      onKeyDown={onKeyDown}
      className="h-13 shrink-0 border-line border-b bg-transparent px-4 text-base outline-none placeholder:text-muted"
    />
  )
}

/** The option that a key moves to. Up and Down go round at the ends of the list. */
function nextIndex(event: KeyboardEvent, index: number, count: number): number | undefined {
  if (count === 0) return undefined
  if (event.key === 'ArrowDown') return (index + 1) % count
  if (event.key === 'ArrowUp') return (index - 1 + count) % count
  if (event.key === 'PageDown') return Math.min(index + 8, count - 1)
  if (event.key === 'PageUp') return Math.max(index - 8, 0)
  return undefined
}

function useOptions({ client, panels, state }: PanelProps & { state: ChatState }, query: string): Option[] {
  const t = useTranslations()
  const commands = useCommands({ client, panels, state })
  const titled = useTitled({ client, state }, query)
  return useMemo(() => {
    const found = commands
      .filter(({ label }) => matchesWords(label, query))
      .map(command => ({ ...command, group: 'commands' as const }))
    const conversations = titled.map(conversation => ({
      id: conversation.id,
      label: conversation.title || t('list.untitled'),
      run: () => client.open(conversation.id),
      group: 'conversations' as const,
    }))
    const search = {
      id: 'searchFor',
      label: t('palette.searchFor', { query: query.trim() }),
      run: () => panels.search(query.trim()),
      group: 'commands' as const,
    }
    return [...found, ...(query.trim() === '' ? [] : [search]), ...conversations]
  }, [commands, titled, query, client, panels, t])
}

/** The conversations whose titles match: those of the list at once, and below them others that the server finds. */
function useTitled(
  { client, state }: { client: ChatClient; state: ChatState },
  query: string,
): Conversation[] {
  const [search] = useState(client.createSearch)
  const found = useSyncExternalStore(search.subscribe, search.getState).conversations
  useEffect(() => search.ask(query), [search, query])
  useEffect(() => search.stop, [search])
  const listed = state.list.conversations
  return useMemo(() => {
    const known = new Set(listed.map(({ id }) => id))
    return [...listed, ...found.filter(({ id }) => !known.has(id))]
      .filter(({ title }) => matchesWords(title, query))
      .slice(0, MOST_CONVERSATIONS)
  }, [listed, found, query])
}

interface OptionsProps {
  id: string
  options: readonly Option[]
  active: number
  onChoose(option: Option): void
  onPoint(index: number): void
}

function Options({ id, options, active, onChoose, onPoint }: OptionsProps) {
  const t = useTranslations()
  const names = { commands: t('palette.commands'), conversations: t('palette.conversations') }
  const shown = (['commands', 'conversations'] as const).filter(name =>
    options.some(({ group }) => group === name),
  )
  return (
    <div
      role="listbox"
      id={id}
      aria-label={t('palette.field')}
      className="min-h-0 flex-1 overflow-y-auto p-2"
    >
      {shown.map(name => (
        // biome-ignore lint/a11y/useSemanticElements: a group of options is no fieldset
        <div key={name} role="group" aria-labelledby={`${id}-${name}`}>
          <p
            id={`${id}-${name}`}
            role="presentation"
            className="px-3 pt-2 pb-1 font-medium text-muted text-xs"
          >
            {names[name]}
          </p>
          {options.map((option, index) =>
            option.group === name ? (
              <OptionRow
                key={option.id}
                id={`${id}-${option.id}`}
                option={option}
                isActive={index === active}
                onChoose={() => onChoose(option)}
                onPoint={() => onPoint(index)}
              />
            ) : null,
          )}
        </div>
      ))}
    </div>
  )
}

interface OptionRowProps {
  id: string
  option: Option
  isActive: boolean
  onChoose(): void
  onPoint(): void
}

function OptionRow({ id, option, isActive, onChoose, onPoint }: OptionRowProps) {
  const isMac = useIsMac()
  const row = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isActive) row.current?.scrollIntoView({ block: 'nearest' })
  }, [isActive])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
    <div
      ref={row}
      id={id}
      role="option"
      aria-selected={isActive}
      onClick={onChoose}
      onPointerMove={onPoint}
      className="flex min-h-10 cursor-default items-center justify-between gap-3 rounded-md px-3 py-1.5 text-sm aria-selected:bg-accent-soft pointer-coarse:min-h-11"
    >
      <span dir="auto" className="min-w-0 truncate">
        {option.label}
      </span>
      {option.shortcut && (
        <span aria-hidden className="flex shrink-0 gap-1 only-touch:hidden">
          {keysOf(option.shortcut, isMac).map(key => (
            <KeyCap key={key}>{key}</KeyCap>
          ))}
        </span>
      )}
    </div>
  )
}
