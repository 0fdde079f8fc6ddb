import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { chooseTheme } from '../../../browser/appearance.ts'
import { copyText } from '../../../browser/copyText.ts'
import { replyHtmlOf } from '../../../browser/replyHtml.ts'
import { branchOf } from '../../../client/chat/branches/branch.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { type ChatState, currentOf, isBusy } from '../../../client/chat/chatState.ts'
import { textOf } from '../../../protocol/parts.ts'
import { PATHS } from '../../../protocol/paths.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { withoutCaseAndAccents } from '../../../protocol/withoutCaseAndAccents.ts'
import { LANGUAGE_NAMES } from '../../i18n/languageNames.ts'
import { printPage } from '../../printPage.ts'
import type { ShortcutId } from '../../shortcuts.ts'
import { useSurface } from '../../surface.ts'
import { useHasKeyboard } from '../controls/keyboard.ts'
import { useLanguage } from '../textProvider.tsx'
import type { Panels } from './panels.ts'

/** Something that a person can do by its name. */
export interface Command {
  id: string
  label: string
  shortcut?: ShortcutId
  run(): void
}

interface Surroundings {
  client: ChatClient
  panels: Panels
  state: ChatState
}

/** The commands that make sense in another app. The others are about the page: its look, its links, what is printed of it. */
const IN_APPS = new Set([
  'start',
  'temporary',
  'search',
  'stop',
  'retry',
  'copy',
  'rename',
  'pin',
  'close',
  'archive',
  'remove',
])

/** What a temporary conversation does not take. */
const KEEPS = new Set(['share', 'rename', 'pin', 'archive'])

/** All commands that make sense now, the most useful ones first. */
export function useCommands(surroundings: Surroundings): Command[] {
  const t = useTranslations()
  const { choose } = useLanguage()
  const hasKeyboard = useHasKeyboard()
  const { isOwnPage } = useSurface()
  const { client, panels, state } = surroundings
  return useMemo(() => {
    const { conversation } = currentOf(state)
    const isPossible = ({ id }: Command) =>
      !(conversation?.temporary && KEEPS.has(id)) && !(id === 'share' && state.sharing === 'off')
    const all: Command[] = [
      { id: 'start', label: t('list.start'), shortcut: 'start', run: () => client.open(null) },
      { id: 'temporary', label: t('temporary.begin'), run: () => beginTemporary(client) },
      { id: 'search', label: t('search.label'), shortcut: 'search', run: () => panels.search() },
      ...replyCommands(client, state, t),
      ...(conversation ? conversationCommands(client, panels, conversation, t) : []).filter(isPossible),
      { id: 'settings', label: t('settings.title'), run: () => panels.show({ name: 'settings' }) },
      ...(hasKeyboard ? [shortcutsCommand(panels, t)] : []),
      { id: 'system', label: t('palette.themeSystem'), run: () => chooseTheme('system') },
      { id: 'light', label: t('palette.themeLight'), run: () => chooseTheme('light') },
      { id: 'dark', label: t('palette.themeDark'), run: () => chooseTheme('dark') },
      ...LANGUAGE_NAMES.map(({ locale, name }) => ({
        id: locale,
        label: name,
        run: () => void choose(locale),
      })),
      { id: 'exportAll', label: t('settings.exportAll'), run: () => download(PATHS.exportAll) },
    ]
    return isOwnPage ? all : all.filter(({ id }) => IN_APPS.has(id))
  }, [client, panels, state, choose, hasKeyboard, isOwnPage, t])
}

type Translate = ReturnType<typeof useTranslations<never>>

function shortcutsCommand(panels: Panels, t: Translate): Command {
  const run = () => panels.show({ name: 'shortcuts' })
  return { id: 'shortcuts', label: t('shortcuts.title'), shortcut: 'sheet', run }
}

function beginTemporary(client: ChatClient): void {
  client.open(null)
  client.chooseTemporary(true)
}

function replyCommands(client: ChatClient, state: ChatState, t: Translate): Command[] {
  const open = currentOf(state)
  if (isBusy(open)) return [{ id: 'stop', label: t('palette.stop'), run: client.stop }]
  const reply = branchOf(open).findLast(message => message.role === 'ASSISTANT')
  if (!reply?.parentId) return []
  const { id, parentId, parts } = reply
  const retry = { id: 'retry', label: t('palette.retry'), run: () => client.retry(parentId) }
  const copy = {
    id: 'copy',
    label: t('palette.copyReply'),
    run: () => void copyText(textOf(parts), replyHtmlOf(id)),
  }
  return open.conversation?.status === 'OPEN' ? [retry, copy] : [copy]
}

function conversationCommands(
  client: ChatClient,
  panels: Panels,
  conversation: Conversation,
  t: Translate,
): Command[] {
  const { id, pinned, archived, status } = conversation
  const isClosed = status === 'CLOSED'
  return [
    { id: 'share', label: t('share.title'), run: () => panels.show({ name: 'share', conversation }) },
    { id: 'rename', label: t('palette.rename'), run: () => panels.show({ name: 'rename', conversation }) },
    {
      id: 'pin',
      label: pinned ? t('palette.unpin') : t('palette.pin'),
      run: () => void client.setPinned(id, !pinned),
    },
    {
      id: 'close',
      label: isClosed ? t('conversation.reopen') : t('palette.close'),
      run: () => void client.setStatus(id, isClosed ? 'OPEN' : 'CLOSED'),
    },
    {
      id: 'archive',
      label: archived ? t('palette.unarchive') : t('palette.archive'),
      run: () => void client.setArchived(id, !archived),
    },
    { id: 'markdown', label: t('menu.exportMarkdown'), run: () => download(PATHS.export(id, 'markdown')) },
    { id: 'zip', label: t('menu.exportZip'), run: () => download(PATHS.export(id, 'zip')) },
    { id: 'json', label: t('menu.exportJson'), run: () => download(PATHS.export(id, 'json')) },
    { id: 'print', label: t('menu.print'), shortcut: 'print', run: () => void printPage() },
    { id: 'remove', label: t('palette.remove'), run: () => void client.remove(id) },
  ]
}

function download(path: string): void {
  const link = document.createElement('a')
  link.href = path
  link.download = ''
  link.click()
}

/**
 * Whether every word of `query` is the beginning of a word of `text`, ignoring case and accents. A blank query matches any
 * text, and a query without letters or digits matches none.
 */
export function matchesWords(text: string, query: string): boolean {
  const words = plainWords(text)
  const allWanted = plainWords(query)
  if (allWanted.length === 0) return query.trim() === ''
  return allWanted.every(wanted => words.some(word => word.startsWith(wanted)))
}

function plainWords(text: string): string[] {
  return withoutCaseAndAccents(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')
}
