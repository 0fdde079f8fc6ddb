import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { textOf } from '../../../protocol/events.ts'
import { runOnScreen } from '../../branch.ts'
import type { ChatClient } from '../../chatClient.ts'
import { currentOf, isBusy, type OpenConversation } from '../../chatState.ts'
import { createSpeaker } from '../../speech.ts'

/** Milliseconds between two sentences said, at least: whoever listens is not talked over. */
const PAUSE = 2000
/** Milliseconds after the end, so that a last sentence is not cut off. */
const BEFORE_END = 1000
/** Milliseconds after which what was said is taken off the page: it stands in the conversation. */
const KEPT = 6000

/**
 * Tells a screen reader when a reply begins, its first sentences as they are whole, what it waits for, and how it ends. A
 * long reply is not read out to its end: it is on the page, to be read at one's own pace. What went wrong interrupts.
 */
export function Announcer({ client, open }: { client: ChatClient; open: OpenConversation }) {
  const t = useTranslations()
  const said = useSpeech(client, open)
  const reply = replyOf(open)
  const hasJustEnded = !isBusy(open) && reply !== null && reply.status === open.lastEnd
  const isBroken = hasJustEnded && (reply.status === 'failed' || reply.status === 'interrupted')
  return (
    <div className="sr-only">
      <p role="status">{said}</p>
      <p role="alert">{isBroken && t(`errors.${reply.code ?? 'UPSTREAM_ERROR'}`)}</p>
    </div>
  )
}

function useSpeech(client: ChatClient, open: OpenConversation): string {
  const t = useTranslations()
  const [said, setSaid] = useState('')
  const { lastEnd, key } = open
  const isWriting = runOnScreen(open) !== null
  const busy = isWriting || open.outgoing !== null
  const wasBusy = useRef(false)
  const delay = useDelay(open)
  const speaker = useMemo(() => createSpeaker({ code: t('live.code'), table: t('live.table') }), [t])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation is another reply
  useEffect(() => {
    if (!busy) return
    wasBusy.current = true
    const written = () => textOf(runOnScreen(currentOf(client.getState()))?.parts ?? [])
    speaker.begin(written())
    const timer = setInterval(() => {
      const text = speaker.next(written(), false)
      if (text !== '') setSaid(text)
    }, PAUSE)
    return () => clearInterval(timer)
  }, [busy, client, key, speaker])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation is another reply
  useEffect(() => {
    if (delay !== '') setSaid(delay)
    else if (isWriting) setSaid(t('live.writing'))
  }, [delay, isWriting, key, t])

  useEffect(() => {
    if (busy || !wasBusy.current || (lastEnd !== 'completed' && lastEnd !== 'stopped')) return
    const end = lastEnd === 'completed' ? t('live.completed') : t('live.stopped')
    const timer = setTimeout(() => {
      wasBusy.current = false
      const rest = speaker.next(textOf(replyOf(currentOf(client.getState()))?.parts ?? []), true)
      setSaid([rest, end].filter(text => text !== '').join(' '))
    }, BEFORE_END)
    return () => clearTimeout(timer)
  }, [busy, client, lastEnd, speaker, t])

  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => setSaid(''), KEPT)
    return () => clearTimeout(timer)
  }, [said])

  return said
}

/** What the message or its reply waits for, as it stands on the page; empty when it waits for nothing. */
function useDelay(open: OpenConversation): string {
  const t = useTranslations()
  const { outgoing } = open
  const run = runOnScreen(open)
  const retryAt = run?.retry?.at
  // The seconds count down on the page; they are said once.
  const retry = useMemo(() => {
    if (retryAt === undefined) return ''
    const seconds = Math.ceil((retryAt - Date.now()) / 1000)
    return seconds > 0 ? t('message.providerRetry', { seconds }) : t('message.providerRetryNow')
  }, [retryAt, t])
  if (outgoing?.waiting) return t('message.waiting')
  if (run?.connected === false) return t('message.reconnecting')
  return run?.wait ? t(`errors.${run.wait}`) : retry
}

function replyOf({ messages, conversation }: OpenConversation) {
  const reply = messages.find(({ id }) => id === conversation?.headMessageId)
  return reply?.role === 'ASSISTANT' ? reply : null
}
