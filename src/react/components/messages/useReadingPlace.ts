import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { DEFAULT_SETTINGS, readSettings, subscribeToSettings } from '../../../browser/preferences.ts'
import { runOnScreen } from '../../../client/chat/branches/branch.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { OpenConversation } from '../../../client/chat/chatState.ts'
import type { LiveReply } from '../../../client/chat/runs/liveReply.ts'
import type { Message } from '../../../protocol/responses.ts'
import { rowIn } from './row.tsx'
import type { Scroll } from './useScroll.ts'

/** Milliseconds for which the message that was looked for stands out. */
const HIGHLIGHT = 4000

interface ReadingPlace {
  client: ChatClient
  open: OpenConversation
  branch: readonly Message[]
  liveReply: LiveReply
  scroll: Scroll
  content: RefObject<HTMLElement | null>
}

/**
 * Moves the place where somebody reads when they asked for it: a message they sent, or one they looked for. Gives the id
 * of the message that stands out.
 */
export function useReadingPlace({
  client,
  open,
  branch,
  liveReply,
  scroll,
  content,
}: ReadingPlace): string | null {
  const { outgoing, jumpTarget, queue } = open
  const { toBottom, holdAtTop, holdInView, noticeNew } = scroll
  const { scroll: how } = useSyncExternalStore(subscribeToSettings, readSettings, () => DEFAULT_SETTINGS)
  const [highlighted, setHighlighted] = useState<{ id: string } | null>(null)
  const sent = outgoing?.clientMessageId
  const isWriting = runOnScreen(open) !== null
  const isHere = jumpTarget !== null && branch.some(({ id }) => id === jumpTarget)

  useEffect(() => {
    if (!sent) return
    const element = how === 'top' ? rowIn(content.current, sent) : null
    if (element) holdAtTop(element)
    else toBottom()
  }, [sent, how, content, holdAtTop, toBottom])

  useEffect(() => {
    if (!isHere || jumpTarget === null) return
    // An object of its own each time: the same message may be looked for twice in a row.
    setHighlighted({ id: jumpTarget })
    client.forgetJumpTarget()
  }, [isHere, jumpTarget, client])

  useEffect(() => {
    const element = highlighted && rowIn(content.current, highlighted.id)
    if (!element) return
    holdInView(element)
    element.focus({ preventScroll: true })
    const timer = setTimeout(() => setHighlighted(null), HIGHLIGHT)
    return () => clearTimeout(timer)
  }, [highlighted, content, holdInView])

  const count = branch.length + queue.length
  const lastCount = useRef(count)
  useEffect(() => {
    if (count !== lastCount.current) noticeNew()
    lastCount.current = count
  }, [count, noticeNew])

  useEffect(() => {
    if (!isWriting) return
    let last = liveReply.read()
    return liveReply.subscribe(() => {
      const parts = liveReply.read()
      if (parts !== last) noticeNew()
      last = parts
    })
  }, [liveReply, isWriting, noticeNew])

  return highlighted?.id ?? null
}
