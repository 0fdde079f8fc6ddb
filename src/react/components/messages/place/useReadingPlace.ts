import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { DEFAULT_SETTINGS, readSettings, subscribeToSettings } from '../../../../browser/preferences.ts'
import { lightWords } from '../../../../browser/searchHighlights.ts'
import { runOnScreen } from '../../../../client/chat/branches/branch.ts'
import type { ChatClient } from '../../../../client/chat/chatClient.ts'
import type { OpenConversation } from '../../../../client/chat/chatState.ts'
import type { LiveReply } from '../../../../client/chat/runs/liveReply.ts'
import type { Message } from '../../../../protocol/responses.ts'
import { rowIn } from '../row.tsx'
import type { ScrollPlace } from './scrollPlace.ts'

/** Milliseconds for which a message that the reader jumped to is highlighted. */
const HIGHLIGHT = 4000

interface ReadingPlaceProps {
  client: ChatClient
  open: OpenConversation
  branch: readonly Message[]
  liveReply: LiveReply
  place: ScrollPlace
  content: RefObject<HTMLElement | null>
}

/**
 * Moves the reader to the message they sent, or jumped to, and tells the scroll place about new text. Gives the id of the
 * message that is highlighted.
 */
export function useReadingPlace(props: ReadingPlaceProps): string | null {
  useSentMessage(props)
  useNoticeNew(props)
  return useJump(props)
}

function useSentMessage({ open, place, content }: ReadingPlaceProps): void {
  const { scroll } = useSyncExternalStore(subscribeToSettings, readSettings, () => DEFAULT_SETTINGS)
  const { toBottom, holdAtTop } = place
  const sent = open.outgoing?.clientMessageId
  useEffect(() => {
    if (!sent) return
    const element = scroll === 'top' ? rowIn(content.current, sent) : null
    if (element) holdAtTop(element)
    else toBottom()
  }, [sent, scroll, content, holdAtTop, toBottom])
}

function useJump({ client, open, branch, place, content }: ReadingPlaceProps): string | null {
  const { jumpTarget } = open
  const { holdInView } = place
  const [highlighted, setHighlighted] = useState<{ id: string } | null>(null)
  const isHere = jumpTarget !== null && branch.some(({ id }) => id === jumpTarget)

  useEffect(() => {
    if (!isHere || jumpTarget === null) return
    // A new object each time, because the reader may jump to the same message twice in a row.
    setHighlighted({ id: jumpTarget })
    client.forgetJumpTarget()
  }, [isHere, jumpTarget, client])

  useEffect(() => {
    const element = highlighted && rowIn(content.current, highlighted.id)
    if (!element) return
    holdInView(element)
    lightWords(element, highlighted.id)
    // A long message is drawn bit by bit.
    const drawn = new MutationObserver(() => lightWords(element, highlighted.id))
    drawn.observe(element, { childList: true, subtree: true })
    element.focus({ preventScroll: true })
    const timer = setTimeout(() => setHighlighted(null), HIGHLIGHT)
    return () => {
      clearTimeout(timer)
      drawn.disconnect()
    }
  }, [highlighted, content, holdInView])

  return highlighted?.id ?? null
}

function useNoticeNew({ open, branch, liveReply, place }: ReadingPlaceProps): void {
  const { noticeNew } = place
  const isWriting = runOnScreen(open) !== null
  const count = branch.length + open.queue.length
  const seen = useRef({ count, isWriting })
  useEffect(() => {
    // A reply may begin or end with text that the subscription below does not hear of.
    if (count !== seen.current.count || isWriting !== seen.current.isWriting) noticeNew()
    seen.current = { count, isWriting }
  }, [count, isWriting, noticeNew])

  useEffect(() => {
    if (!isWriting) return
    let last = liveReply.read()
    return liveReply.subscribe(() => {
      const parts = liveReply.read()
      if (parts !== last) noticeNew()
      last = parts
    })
  }, [liveReply, isWriting, noticeNew])
}
