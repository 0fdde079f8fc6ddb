import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { runOnScreen } from '../../../client/chat/branches/branch.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { currentOf, isBusy, type OpenConversation } from '../../../client/chat/chatState.ts'
import type { EndStatus } from '../../../protocol/events.ts'
import { type Part, textOf } from '../../../protocol/parts.ts'
import { openQuestionsOf } from '../../../protocol/tools.ts'
import type { AlertKind } from '../../markdown/alert.ts'
import { createLateSpeaker } from '../../markdown/lateSpeaker.ts'

/** Milliseconds between two announcements, at least, so that the second does not interrupt the first. */
const PAUSE = 2000
/** Milliseconds from the end of a reply to its announcement, so that the last sentence is not interrupted. */
const BEFORE_END = 1000
/** Milliseconds after which an announcement is removed, because its text is in the conversation, too. */
const KEPT = 6000

/**
 * Tells a screen reader when a reply begins, its first sentences as they are complete, what it waits for, and how it ends.
 * A long reply is not read out to its end, because the person can read it on the page. A failure interrupts.
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
  /** The conversation in which a reply has begun and its end is not announced yet. */
  const unended = useRef<string | null>(null)
  const delay = useDelay(open)
  const speaker = useMemo(() => {
    const alert = (kind: AlertKind) => t(`alerts.${kind}`)
    return createLateSpeaker({ code: t('live.code'), table: t('live.table'), alert })
  }, [t])

  // A queued message is sent in the same moment in which the reply before it ends: announce that end now.
  useEffect(() => {
    if (sentId === null || unended.current !== key) return
    const ended = replyOf(currentOf(client.getState()))
    setSaid(sentence(speaker.next(textOf(ended?.parts ?? []), true), endOf(ended?.status, t)))
    speaker.begin('')
  }, [sentId, client, key, speaker, t])

  useEffect(() => {
    if (!busy) return
    unended.current = key
    const parts = () => runOnScreen(currentOf(client.getState()))?.parts ?? []
    let asked = 0
    speaker.begin(textOf(parts()))
    const timer = setInterval(() => {
      const text = speaker.next(textOf(parts()), false)
      if (text !== '') setSaid(text)
      const before = asked
      asked = questionsIn(parts())
      if (asked > before) setSaid(sentence(text, t('live.paused')))
    }, PAUSE)
    return () => clearInterval(timer)
  }, [busy, client, key, speaker, t])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another key means another reply
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

/** How many questions of calls that go on wait for the person. */
function questionsIn(parts: readonly Part[]): number {
  return parts.reduce((count, part) => count + (part.type === 'tool' ? openQuestionsOf(part).length : 0), 0)
}

/** The announcement of how a reply ended. Failures are announced apart. */
function endOf(status: EndStatus | null | undefined, t: ReturnType<typeof useTranslations<never>>): string {
  if (status === 'completed') return t('live.completed')
  if (status === 'paused') return t('live.paused')
  return status === 'stopped' ? t('live.stopped') : ''
}

/** Says what the outgoing message or the reply waits for, in the words of the page. Empty if it waits for nothing. */
function useDelay(open: OpenConversation): string {
  const t = useTranslations()
  const { outgoing } = open
  const run = runOnScreen(open)
  const retryAt = run?.retry?.at
  // The page counts the seconds down; the announcement says them once.
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
