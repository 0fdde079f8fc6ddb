import { X } from 'lucide-react'
import { useContext, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { ChatState, RemovedConversation } from '../../../client/chat/chatState.ts'
import { Button } from '../controls/button.tsx'
import { focusedElement, focusPage, visibleRow, watchPerson } from '../controls/focus.ts'
import { CoveredContext } from '../panels/panels.ts'

/** Milliseconds for which undoing is offered. While the person points at the notice, the time does not run. */
const OFFERED = 10_000

/**
 * The conversations that were just deleted or archived, and a button that undoes it. Not drawn where the drawer covers
 * them, because each notice counts its time while it is drawn.
 */
export function UndoNotices({ client, removed }: { client: ChatClient; removed: ChatState['removed'] }) {
  const isCovered = useContext(CoveredContext)
  return (
    <div role="status" className="shrink-0 px-3">
      {!isCovered && removed.map(gone => <Notice key={gone.id} client={client} gone={gone} />)}
    </div>
  )
}

function Notice({ client, gone }: { client: ChatClient; gone: RemovedConversation }) {
  const t = useTranslations()
  const { archived } = gone
  const [isHovered, setHovered] = useState(false)
  const [isFocused, setFocused] = useState(false)
  const isNear = isHovered || isFocused
  useEffect(() => {
    if (isNear) return
    const timer = setTimeout(() => client.forgetRemoved(gone.id), OFFERED)
    return () => clearTimeout(timer)
  }, [client, gone.id, isNear])
  const undo = async () => {
    const hasMovedOn = watchPerson()
    await client.restore(gone.id)
    requestAnimationFrame(() => {
      if (!hasMovedOn() || !focusedElement()) (visibleRow(gone.id) ?? { focus: focusPage }).focus()
    })
  }
  const dismiss = () => {
    client.forgetRemoved(gone.id)
    focusPage()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only stops the time while its buttons are in reach
    <div
      className="mb-2 flex items-center gap-1 rounded-lg bg-text py-1 pr-1 pl-3 text-bg text-sm"
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <p className="line-clamp-2 flex-1">
        {t.rich(archived ? 'undo.archived' : 'undo.removed', {
          title: gone.title || t('list.untitled'),
          name: title => <bdi>{title}</bdi>,
        })}
      </p>
      <Button
        shape="quiet"
        className="text-bg! underline underline-offset-2 hover:bg-transparent"
        onClick={undo}
      >
        {t('undo.undo')}
      </Button>
      <Button
        shape="icon"
        className="text-bg! hover:bg-transparent"
        aria-label={t(archived ? 'undo.dismissArchived' : 'undo.dismiss')}
        onClick={dismiss}
      >
        <X aria-hidden className="size-4" />
      </Button>
    </div>
  )
}
