import { useEffect } from 'react'
import { readSettings } from '../../../browser/preferences.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { printPage } from '../../printPage.ts'
import { type ShortcutId, shortcutOf } from '../../shortcuts.ts'
import { isComposing } from '../controls/isComposing.ts'
import { isMac } from '../controls/keyboard.ts'
import { usePanels } from '../panels/panels.ts'

const FIELDS = 'input, textarea, select, [contenteditable=""], [contenteditable=true]'
const LAYERS = '[role=dialog], [role=alertdialog], [role=menu]'

/** Runs the page's shortcuts. While a dialog or a menu is open, they do nothing. */
export function PageShortcuts({ client }: { client: ChatClient }) {
  const panels = usePanels()
  useEffect(() => {
    const actions: Partial<Record<ShortcutId, () => void>> = {
      palette: () => panels.show({ name: 'palette' }),
      start: () => client.open(null),
      search: () => panels.search(),
      print: () => void printPage(),
      sheet: () => panels.show({ name: 'shortcuts' }),
      sheetKey: () => panels.show({ name: 'shortcuts' }),
    }
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Control' || event.key === 'Meta') panels.preload('palette')
      if (event.defaultPrevented || isComposing(event) || document.querySelector(LAYERS)) return
      const isTyping = event.target instanceof Element && event.target.closest(FIELDS) !== null
      const isSingleOff = !readSettings().singleKeys
      const id = shortcutOf(event, { isMac: isMac(), isTyping: isTyping || isSingleOff })
      const action = id && actions[id]
      if (!action) return
      event.preventDefault()
      action()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [client, panels])
  return null
}
