import { Ellipsis } from 'lucide-react'
import { type KeyboardEvent, useCallback, useId, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'

const actions = partSource(() =>
  import('./conversationActions.tsx').then(({ ConversationActions }) => ConversationActions),
)

interface ConversationMenuProps {
  client: ChatClient
  conversation: Conversation
  /** It is the conversation on the screen, so it can be printed. */
  isOnScreen?: boolean
}

/** The button that opens the menu of a conversation. The menu's code is fetched when the person points at the button. */
export function ConversationMenu(props: ConversationMenuProps) {
  const { client, conversation } = props
  const t = useTranslations()
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const [opened, setOpened] = useState<'no' | 'by pointer' | 'by key'>('no')
  const onClose = useCallback(() => setOpened('no'), [])
  const onMissing = useCallback(
    (failure: Failure) => {
      setOpened('no')
      client.setNotice(failure)
    },
    [client],
  )
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown') return
    event.preventDefault()
    setOpened('by key')
  }
  const isOpen = opened !== 'no'
  return (
    <span className="relative inline-flex">
      <Button
        ref={button}
        id={id}
        shape="icon"
        aria-label={`${t('menu.label')}: ${conversation.title || t('list.untitled')}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onPointerEnter={actions.preload}
        onFocus={actions.preload}
        onKeyDown={onKeyDown}
        onClick={({ detail }) => setOpened(isOpen ? 'no' : detail === 0 ? 'by key' : 'by pointer')}
      >
        <Ellipsis aria-hidden className={props.isOnScreen ? 'size-5' : 'size-4'} />
      </Button>
      {isOpen && (
        <LazyPart
          source={actions}
          props={{ ...props, button, isByKey: opened === 'by key', onClose }}
          onMissing={onMissing}
        />
      )}
    </span>
  )
}
