import { type KeyboardEvent, useId, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { isComposing } from '../controls/isComposing.ts'
import { matchesWords, useCommands } from '../panels/commands.ts'
import { usePanels } from '../panels/panels.ts'

/** Characters, at most. A longer text is not a command. */
const LONGEST_QUERY = 40

export interface MenuOption {
  id: string
  /** What a person types after the slash. */
  name: string
  body: string
  run(): void
}

export interface CommandMenu {
  id: string
  /** Empty if there is no menu. */
  options: readonly MenuOption[]
  active: number
  /** Handles a key of the field. Gives whether the menu took it. */
  onKey(event: KeyboardEvent): boolean
  choose(option: MenuOption): void
  point(index: number): void
}

/** The menu that a slash at the start of a message opens. A text that matches no command is just a text. */
export function useCommandMenu(client: ChatClient, draft: string): CommandMenu {
  const id = useId()
  const [active, setActive] = useState(0)
  const [dismissed, setDismissed] = useState('')
  const query = queryOf(draft)
  const all = useOptions(client)
  const options = useMemo(() => {
    if (query === null || dismissed === draft) return []
    return all.filter(({ name, body }) => matchesWords(`${name} ${body}`, query))
  }, [all, query, draft, dismissed])
  const index = Math.min(active, options.length - 1)

  const choose = (option: MenuOption) => {
    client.setDraft('')
    setActive(0)
    option.run()
  }
  const onKey = (event: KeyboardEvent) => {
    const option = options[index]
    if (!option || isComposing(event.nativeEvent) || event.shiftKey) return false
    if (event.key === 'ArrowDown') setActive((index + 1) % options.length)
    else if (event.key === 'ArrowUp') setActive((index - 1 + options.length) % options.length)
    else if (event.key === 'Escape') setDismissed(draft)
    else if (event.key === 'Enter' || event.key === 'Tab') choose(option)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  return { id, options, active: index, onKey, choose, point: setActive }
}

function queryOf(draft: string): string | null {
  if (!draft.startsWith('/') || draft.includes('\n') || draft.length > LONGEST_QUERY) return null
  return draft.slice(1)
}

function useOptions(client: ChatClient): MenuOption[] {
  const t = useTranslations()
  const panels = usePanels()
  const state = client.getState()
  const commands = useCommands({ client, panels, state })
  return useMemo(() => {
    const names: Partial<Record<string, string>> = {
      start: t('command.new'),
      search: t('command.search'),
      markdown: t('command.export'),
      settings: t('command.settings'),
      shortcuts: t('command.shortcuts'),
    }
    const known = commands.flatMap(({ id, label, run }) => {
      const name = names[id]
      return name ? { id, name, body: label, run } : []
    })
    const rest = commands.flatMap(({ id, label, run }) =>
      names[id] ? [] : { id, name: label, body: '', run },
    )
    return [...known, ...newConversationOptions(client, t), ...rest]
  }, [commands, client, t])
}

/** For a new conversation: the assistants to choose from, and the starters of the chosen one. */
function newConversationOptions(
  client: ChatClient,
  t: ReturnType<typeof useTranslations<never>>,
): MenuOption[] {
  const { opened, currentKey, assistants } = client.getState()
  const open = opened.find(({ key }) => key === currentKey)
  if (!assistants || open?.status !== 'new' || open.outgoing) return []
  const chosen = assistants.find(({ id }) => id === open.assistant) ?? assistants[0]
  const choices = assistants.length < 2 ? [] : assistants
  return [
    ...choices.map(({ id, name }) => {
      return {
        id: `assistant-${id}`,
        name,
        body: t('command.assistantBody'),
        run: () => client.chooseAssistant(id),
      }
    }),
    ...(chosen?.starters ?? []).map((starter, index) => {
      const run = () => client.setDraft(starter)
      return { id: `starter-${index}`, name: starter, body: t('command.starterBody'), run }
    }),
  ]
}
