import { Menu, Share2, SquarePen } from 'lucide-react'
import { memo } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { useSurface } from '../../surface.ts'
import { useCanShare } from '../../useCanShare.ts'
import { Button } from '../controls/button.tsx'
import { ConversationMenu } from '../list/conversationMenu.tsx'
import { usePanels } from '../panels/panels.ts'

interface HeaderProps {
  client: ChatClient
  /** `null` for a new conversation, or while it is not known. */
  conversation: Conversation | null
  title: string
  isNew: boolean
}

/** The title of the conversation and its actions. On a small screen, the button that opens the list. */
export const Header = memo(function Header({ client, conversation, title, isNew }: HeaderProps) {
  const t = useTranslations()
  const panels = usePanels()
  const { isOwnPage } = useSurface()
  const Title = isOwnPage ? 'h1' : 'h2'
  const preloadList = () => panels.preload('list')
  return (
    <header
      className={`isolate flex h-14 shrink-0 items-center gap-0.5 border-line border-b px-2 @3xl/chat:px-4 print:h-auto print:border-0 ${isNew ? '@3xl/chat:border-transparent' : ''}`}
    >
      <Button
        shape="icon"
        className="@3xl/chat:hidden print:hidden"
        aria-label={t('list.open')}
        aria-haspopup="dialog"
        onPointerEnter={preloadList}
        onFocus={preloadList}
        onClick={() => panels.show({ name: 'list', isForSearch: false })}
      >
        <Menu aria-hidden className="size-5" />
      </Button>
      <Title
        data-title
        dir="auto"
        tabIndex={-1}
        // Beside the list, the link above it says the same.
        className={`min-w-0 flex-1 truncate ${isNew ? '@3xl/chat:opacity-0' : ''} rounded px-2 font-semibold outline-offset-0 print:whitespace-normal print:text-2xl`}
      >
        {title}
      </Title>
      <div className="flex items-center print:hidden">
        <Button
          shape="icon"
          className="@3xl/chat:hidden"
          aria-label={t('list.start')}
          onClick={() => client.open(null)}
        >
          <SquarePen aria-hidden className="size-5" />
        </Button>
        {conversation && <Actions client={client} conversation={conversation} />}
      </div>
    </header>
  )
})

function Actions({ client, conversation }: { client: ChatClient; conversation: Conversation }) {
  const t = useTranslations()
  const panels = usePanels()
  const { isOwnPage } = useSurface()
  const canShare = useCanShare(client)
  const preloadShare = () => panels.preload('share')
  return (
    <>
      {canShare && isOwnPage && !conversation.temporary && (
        <Button
          shape="icon"
          aria-label={t('menu.share')}
          title={t('menu.share')}
          aria-haspopup="dialog"
          onPointerEnter={preloadShare}
          onFocus={preloadShare}
          onClick={() => panels.show({ name: 'share', conversation })}
        >
          <Share2 aria-hidden className="size-5" />
        </Button>
      )}
      <ConversationMenu client={client} conversation={conversation} isOnScreen />
    </>
  )
}
