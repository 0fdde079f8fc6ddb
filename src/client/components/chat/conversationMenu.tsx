import { Ellipsis } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Conversation } from '../../../protocol/responses.ts'
import type { ChatClient } from '../../chatClient.ts'
import { Button } from './button.tsx'
import { RemoveDialog } from './removeDialog.tsx'
import { RenameDialog } from './renameDialog.tsx'

const ITEM =
  'flex h-10 cursor-default items-center rounded-md px-3 text-sm outline-none data-highlighted:bg-subtle'

/** What can be done to a conversation: rename it, close or reopen it, delete it. */
export function ConversationMenu({
  client,
  conversation,
}: {
  client: ChatClient
  conversation: Conversation
}) {
  const t = useTranslations()
  const [dialog, setDialog] = useState<'rename' | 'remove' | null>(null)
  const trigger = useRef<HTMLButtonElement>(null)
  const title = conversation.title || t('list.untitled')
  const isClosed = conversation.status === 'CLOSED'
  const dialogProps = {
    client,
    conversation,
    onClose: () => setDialog(null),
    returnFocus: () => trigger.current?.focus(),
  }
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild ref={trigger}>
          <Button shape="icon" aria-label={t('menu.label', { title })}>
            <Ellipsis aria-hidden className="size-4" />
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            className="z-20 min-w-40 rounded-lg border border-line bg-surface p-1 shadow-lg"
          >
            <DropdownMenu.Item className={ITEM} onSelect={() => setDialog('rename')}>
              {t('menu.rename')}
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className={ITEM}
              onSelect={() => client.setStatus(conversation.id, isClosed ? 'OPEN' : 'CLOSED')}
            >
              {isClosed ? t('menu.reopen') : t('menu.close')}
            </DropdownMenu.Item>
            <DropdownMenu.Item className={`${ITEM} text-danger`} onSelect={() => setDialog('remove')}>
              {t('menu.remove')}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {dialog === 'rename' && <RenameDialog {...dialogProps} />}
      {dialog === 'remove' && <RemoveDialog {...dialogProps} />}
    </>
  )
}
