'use client'

import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react'
import { followRun, textOf } from './followRun'
import { MessageRow, type Row } from './messageRow'

interface Stored {
  messages: { id: string; role: Row['role']; parts: { type: string; text?: string }[] }[]
  activeRun: { runId: string; messageId: string } | null
}

const COULD_NOT_SEND = 'Não foi possível enviar. Verifique a conexão e tente de novo.'

export function Chat() {
  const [rows, setRows] = useState<readonly Row[]>([])
  const [reply, setReply] = useState<{ runId: string; text: string } | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [draft, setDraft] = useState('')
  const stopFollowing = useRef(() => {})
  /** A message that may have been stored although no answer came. Sent again, it keeps its id. */
  const unanswered = useRef<{ content: string; clientMessageId: string } | null>(null)

  const load = useCallback(async (conversationId: string): Promise<void> => {
    const response = await fetch(`/api/chat/conversations/${conversationId}`, { cache: 'no-store' })
    if (!response.ok) return
    const { messages, activeRun }: Stored = await response.json()
    setRows(messages.map(({ id, role, parts }) => ({ id, role, text: textOf(parts) })))
    if (activeRun) follow(activeRun.runId, conversationId)
    else setReply(null)
  }, [])

  function follow(runId: string, conversationId: string): void {
    stopFollowing.current()
    setReply({ runId, text: '' })
    stopFollowing.current = followRun(runId, 0, {
      onStart: () => undefined,
      onText: text => setReply(before => before && { ...before, text: before.text + text }),
      onWhole: text => setReply(before => before && { ...before, text }),
      onEnd({ status, message }) {
        if (status === 'failed' || status === 'interrupted') setError(message ?? 'A resposta foi interrompida.')
        void load(conversationId)
      },
    })
  }

  useEffect(() => {
    const conversationId = new URLSearchParams(location.search).get('conversa')
    if (conversationId) void load(conversationId)
    return () => stopFollowing.current()
  }, [load])

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault()
    const content = draft.trim()
    if (!content || reply) return
    const clientMessageId =
      unanswered.current?.content === content ? unanswered.current.clientMessageId : crypto.randomUUID()
    unanswered.current = { content, clientMessageId }
    // Optimistic: the question is on the screen before the server has it.
    setRows(before => [...before, { id: clientMessageId, role: 'USER', text: content }])
    setDraft('')
    setError(null)
    const refused = await post({ content, clientMessageId })
    if (refused === null) {
      unanswered.current = null
      return
    }
    setRows(before => before.filter(({ id }) => id !== clientMessageId))
    setDraft(content)
    setError(refused)
  }

  /** Sends a message. Resolves with the sentence of a refusal, or with `null` once the reply has begun. */
  async function post(message: { content: string; clientMessageId: string }): Promise<string | null> {
    const conversationId = new URLSearchParams(location.search).get('conversa') ?? undefined
    try {
      const response = await fetch('/api/chat/send', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...message, conversationId }),
      })
      if (!response.ok) return ((await response.json()) as { error: string }).error
      const start = await firstEventOf(response)
      history.replaceState(null, '', `?conversa=${start.conversationId}`)
      follow(start.runId, start.conversationId)
      return null
    } catch {
      return COULD_NOT_SEND
    }
  }

  return (
    <>
      <ol aria-label="Conversa">
        {rows.map(row => (
          <MessageRow key={row.id} {...row} />
        ))}
        {reply && <MessageRow id={reply.runId} role="ASSISTANT" text={reply.text} />}
      </ol>
      {error && <p role="alert">{error}</p>}
      <form onSubmit={send}>
        <input value={draft} onChange={event => setDraft(event.target.value)} aria-label="Mensagem" placeholder="Escreva uma mensagem" />
        {reply ? (
          <button type="button" onClick={() => void fetch(`/api/chat/runs/${reply.runId}/stop`, { method: 'POST' })}>
            Parar
          </button>
        ) : (
          <button type="submit">Enviar</button>
        )}
      </form>
    </>
  )
}

/** Reads `run-start`, the first event of a reply, and leaves the rest to `followRun`. */
async function firstEventOf(response: Response): Promise<{ runId: string; conversationId: string }> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    text += value ?? ''
    const data = /^event: run-start\ndata: (.*)\n/m.exec(text)?.[1]
    if (data) {
      void reader?.cancel()
      return JSON.parse(data)
    }
    if (done) throw new Error('the reply did not begin')
  }
}
