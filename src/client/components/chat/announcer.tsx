import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { textOf } from '../../../protocol/events.ts'
import { isBusy, type OpenConversation } from '../../chatState.ts'
import { createSpeaker } from '../../speech.ts'

/** Milliseconds between two sentences said, at least: whoever listens is not talked over. */
const PAUSE = 2000
/** Milliseconds after the end, so that a last sentence is not cut off. */
const BEFORE_END = 1000
/** Milliseconds after which what was said is taken off the page: it stands in the conversation. */
const KEPT = 6000

/**
 * Tells a screen reader when a reply begins, its first sentences as they are whole, and how it ends. A long reply is not
 * read out to its end: it is on the page, to be read at one's own pace. What went wrong interrupts.
 */
export function Announcer({ open }: { open: OpenConversation }) {
  const t = useTranslations()
  const said = useSpeech(open)
  const reply = replyOf(open)
  const isBroken = open.lastEnd === 'failed' || open.lastEnd === 'interrupted'
  return (
    <div className="sr-only">
      <p role="status">{said}</p>
      <p role="alert">{!isBusy(open) && isBroken && t(`errors.${reply?.code ?? 'UPSTREAM_ERROR'}`)}</p>
    </div>
  )
}

function useSpeech(open: OpenConversation): string {
  const t = useTranslations()
  const [said, setSaid] = useState('')
  const latest = useRef(open)
  const busy = isBusy(open)
  const { lastEnd, key } = open
  const speaker = useMemo(() => createSpeaker({ code: t('live.code'), table: t('live.table') }), [t])

  useEffect(() => {
    latest.current = open
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation is another reply
  useEffect(() => {
    if (!busy) return
    setSaid(t('live.writing'))
    speaker.begin(textOf(latest.current.run?.parts ?? []))
    const timer = setInterval(() => {
      const text = speaker.next(textOf(latest.current.run?.parts ?? []), false)
      if (text !== '') setSaid(text)
    }, PAUSE)
    return () => clearInterval(timer)
  }, [busy, key, speaker, t])

  useEffect(() => {
    if (busy || (lastEnd !== 'completed' && lastEnd !== 'stopped')) return
    const end = lastEnd === 'completed' ? t('live.completed') : t('live.stopped')
    const timer = setTimeout(() => {
      const rest = speaker.next(textOf(replyOf(latest.current)?.parts ?? []), true)
      setSaid([rest, end].filter(text => text !== '').join(' '))
    }, BEFORE_END)
    return () => clearTimeout(timer)
  }, [busy, lastEnd, speaker, t])

  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => setSaid(''), KEPT)
    return () => clearTimeout(timer)
  }, [said])

  return said
}

function replyOf({ messages, conversation }: OpenConversation) {
  const reply = messages.find(({ id }) => id === conversation?.headMessageId)
  return reply?.role === 'ASSISTANT' ? reply : null
}
