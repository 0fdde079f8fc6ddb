import { Menu, SquarePen, X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { memo, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Conversation } from '../../../protocol/responses.ts'
import type { ChatClient } from '../../chatClient.ts'
import { Button } from './button.tsx'
import { ConversationMenu } from './conversationMenu.tsx'

interface HeaderProps {
  client: ChatClient
  /** `null` while it is new, or not known. */
  conversation: Conversation | null
  title: string
  list: ReactNode
  isDrawerOpen: boolean
  onDrawer(isOpen: boolean): void
}

/** The title of what is being read and, on a small screen, the way to the list. */
export const Header = memo(function Header(props: HeaderProps) {
  const { client, conversation, title, list, isDrawerOpen, onDrawer } = props
  const t = useTranslations()
  return (
    <header className="flex h-14 shrink-0 items-center gap-1 border-line border-b px-2 md:px-4">
      <Dialog.Root open={isDrawerOpen} onOpenChange={onDrawer}>
        <Dialog.Trigger asChild>
          <Button shape="icon" className="md:hidden" aria-label={t('list.open')}>
            <Menu aria-hidden className="size-5" />
          </Button>
        </Dialog.Trigger>
        <Dialog.Portal>
          <Dialog.Overlay className="overlay fixed inset-0 bg-overlay md:hidden" />
          <Dialog.Content
            aria-describedby={undefined}
            className="drawer fixed inset-y-0 left-0 w-80 max-w-[85vw] border-line border-r bg-sidebar md:hidden"
          >
            <Dialog.Title className="sr-only">{t('list.label')}</Dialog.Title>
            {list}
            <Dialog.Close asChild>
              <Button shape="icon" className="absolute top-2 right-2" aria-label={t('list.close')}>
                <X aria-hidden className="size-5" />
              </Button>
            </Dialog.Close>
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
      <h1 className="min-w-0 flex-1 truncate px-2 font-semibold">{title}</h1>
      <Button
        shape="icon"
        className="md:hidden"
        aria-label={t('list.start')}
        onClick={() => client.open(null)}
      >
        <SquarePen aria-hidden className="size-5" />
      </Button>
      {conversation && <ConversationMenu client={client} conversation={conversation} />}
    </header>
  )
})
