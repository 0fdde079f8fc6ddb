import { Archive, Command, Keyboard, Settings } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { ConversationList } from '../../../client/chat/chatState.ts'
import { useSurface } from '../../surface.ts'
import { Button } from '../controls/button.tsx'
import { useShortcutTip } from '../controls/keyboard.ts'
import { usePanels } from '../panels/panels.ts'

/** The buttons below the list: settings, archive, commands, shortcuts. */
export function ListFoot({ client, list }: { client: ChatClient; list: ConversationList }) {
  const t = useTranslations()
  const tip = useShortcutTip()
  const panels = usePanels()
  const { isOwnPage } = useSurface()
  const opens = (name: 'settings' | 'palette' | 'shortcuts') => ({
    'aria-haspopup': 'dialog' as const,
    onPointerEnter: () => panels.preload(name),
    onFocus: () => panels.preload(name),
    onClick: () => panels.show({ name }),
  })
  return (
    <div className="flex shrink-0 items-center border-line border-t p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
      {isOwnPage && (
        <Button shape="quiet" className="min-w-0 flex-1 justify-start!" {...opens('settings')}>
          <Settings aria-hidden className="size-4 shrink-0" />
          <span className="truncate">{t('list.settings')}</span>
        </Button>
      )}
      <Button
        shape="icon"
        className="aria-pressed:bg-accent-soft aria-pressed:text-text"
        aria-label={t('list.archived')}
        title={t('list.archived')}
        aria-pressed={list.archived}
        data-archived
        onClick={() => client.showArchived(!list.archived)}
      >
        <Archive aria-hidden className="size-4" />
      </Button>
      {isOwnPage && (
        <>
          <Button
            shape="icon"
            aria-label={t('palette.title')}
            {...tip('palette', t('palette.title'))}
            {...opens('palette')}
          >
            <Command aria-hidden className="size-4" />
          </Button>
          <Button
            shape="icon"
            className="only-touch:hidden"
            aria-label={t('list.shortcuts')}
            {...tip('sheet', t('list.shortcuts'))}
            {...opens('shortcuts')}
          >
            <Keyboard aria-hidden className="size-4" />
          </Button>
        </>
      )}
    </div>
  )
}
