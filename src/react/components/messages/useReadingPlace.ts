import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { DEFAULT_SETTINGS, readSettings, subscribe } from '../../../browser/preferences.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { OpenConversation } from '../../../client/chat/chatState.ts'
import { runOnScreen } from '../../../client/chat/conversations/branch.ts'
import type { Words } from '../../../client/chat/runs/liveReply.ts'
import type { Message } from '../../../protocol/responses.ts'
import { rowIn } from './row.tsx'
import type { Scroll } from './useScroll.ts'

/** Milliseconds for which the message that was looked for stands out. */
const HIGHLIGHT = 4000

interface ReadingPlace {
  client: ChatClient
  open: OpenConversation
  branch: readonly Message[]
  words: Words
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
  words,
  scroll,
  content,
}: ReadingPlace): string | null {
  const { outgoing, target, queue } = open
  const { toBottom, holdAtTop, holdInView, noticeNew } = scroll
  const { scroll: how } = useSyncExternalStore(subscribe, readSettings, () => DEFAULT_SETTINGS)
  const [highlighted, setHighlighted] = useState<{ id: string } | null>(null)
  const sent = outgoing?.clientMessageId
  const isWriting = runOnScreen(open) !== null
  const isHere = target !== null && branch.some(({ id }) => id === target)

  useEffect(() => {
    if (!sent) return
    const element = how === 'top' ? rowIn(content.current, sent) : null
    if (element) holdAtTop(element)
    else toBottom()
  }, [sent, how, content, holdAtTop, toBottom])

  useEffect(() => {
    if (!isHere || target === null) return
    // An object of its own each time: the same message may be looked for twice in a row.
    setHighlighted({ id: target })
    client.leaveTarget()
  }, [isHere, target, client])

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
    let last = words.read()
    return words.subscribe(() => {
      const parts = words.read()
      if (parts !== last) noticeNew()
      last = parts
    })
  }, [words, isWriting, noticeNew])

  return highlighted?.id ?? null
}
