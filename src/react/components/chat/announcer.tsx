import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { currentOf, isBusy, type OpenConversation } from '../../../client/chat/chatState.ts'
import { runOnScreen } from '../../../client/chat/conversations/branch.ts'
import { type EndStatus, textOf } from '../../../protocol/events.ts'
import type { AlertKind } from '../../markdown/alert.ts'
import { createLateSpeaker } from '../../markdown/lateSpeaker.ts'

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
  const sentId = open.outgoing?.clientMessageId ?? null
  /** The conversation in which a reply has begun of which the end is not said. */
  const unended = useRef<string | null>(null)
  const delay = useDelay(open)
  const speaker = useMemo(() => {
    const alert = (kind: AlertKind) => t(`alerts.${kind}`)
    return createLateSpeaker({ code: t('live.code'), table: t('live.table'), alert })
  }, [t])

  // What waited goes out in the moment in which the reply before it ends.
  useEffect(() => {
    if (sentId === null || unended.current !== key) return
    const ended = replyOf(currentOf(client.getState()))
    setSaid(sentence(speaker.next(textOf(ended?.parts ?? []), true), endOf(ended?.status, t)))
    speaker.begin('')
  }, [sentId, client, key, speaker, t])

  useEffect(() => {
    if (!busy) return
    unended.current = key
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
    const end = endOf(lastEnd, t)
    if (busy || unended.current !== key || end === '') return
    const timer = setTimeout(() => {
      unended.current = null
      const rest = speaker.next(textOf(replyOf(currentOf(client.getState()))?.parts ?? []), true)
      setSaid(sentence(rest, end))
    }, BEFORE_END)
    return () => clearTimeout(timer)
  }, [busy, client, key, lastEnd, speaker, t])

  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => setSaid(''), KEPT)
    return () => clearTimeout(timer)
  }, [said])

  return said
}

function sentence(...parts: string[]): string {
  return parts.filter(text => text !== '').join(' ')
}

/** How a reply that ended is said to have ended; what went wrong is said elsewhere. */
function endOf(status: EndStatus | null | undefined, t: ReturnType<typeof useTranslations<never>>): string {
  if (status === 'completed') return t('live.completed')
  return status === 'stopped' ? t('live.stopped') : ''
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
