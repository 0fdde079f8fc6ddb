import { ArrowUp, LockKeyhole, Square } from 'lucide-react'
import { type KeyboardEvent, type MouseEvent, useEffect, useLayoutEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../chatClient.ts'
import { isBusy, type OpenConversation } from '../../chatState.ts'
import { Button } from './button.tsx'
import { isSendKey } from './composerKeys.ts'

/** Where a message is written. A closed conversation has none, and says so. */
export function Composer({ client, open }: { client: ChatClient; open: OpenConversation }) {
  if (open.status === 'not-found') return null
  if (open.conversation?.status === 'CLOSED')
    return <Closed client={client} conversationId={open.conversation.id} />
  return <OpenComposer client={client} open={open} />
}

function OpenComposer({ client, open }: { client: ChatClient; open: OpenConversation }) {
  const t = useTranslations()
  const field = useRef<HTMLTextAreaElement>(null)
  const { draft } = open

  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current, draft)
  }, [draft])

  useEffect(() => {
    if (open.key && matchMedia('(hover: hover)').matches) field.current?.focus()
  }, [open.key])

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isSendKey({ ...pick(event), isComposing: event.nativeEvent.isComposing })) return
    event.preventDefault()
    client.send()
  }
  const focusField = () => field.current?.focus()
  return (
    <form
      className="mx-auto w-full max-w-3xl px-4 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
      onSubmit={event => event.preventDefault()}
    >
      <div className="flex items-end gap-2 rounded-2xl border border-line-strong bg-surface p-1.5 focus-within:border-accent">
        <textarea
          ref={field}
          rows={1}
          value={draft}
          aria-label={t('composer.label')}
          aria-describedby="composer-hint"
          placeholder={t('composer.placeholder')}
          onChange={event => client.setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          className="max-h-[40dvh] min-h-10 flex-1 resize-none bg-transparent px-3 py-2 outline-none placeholder:text-muted"
        />
        <SendOrStop client={client} open={open} onDone={focusField} />
      </div>
      <p id="composer-hint" className="mt-1.5 hidden text-center text-muted text-xs md:block">
        {t('composer.hint')}
      </p>
    </form>
  )
}

/** One button in one place: the second click of a double click on Send must not stop the reply it asked for. */
function SendOrStop({
  client,
  open,
  onDone,
}: {
  client: ChatClient
  open: OpenConversation
  onDone(): void
}) {
  const t = useTranslations()
  const canSend = open.draft.trim() !== '' && (open.status === 'new' || open.status === 'ready')
  const isWaiting = open.outgoing?.waiting ?? false
  const isStopping = !isWaiting && (open.outgoing ?? open.run)?.stopRequested === true
  const onClick = (event: MouseEvent) => {
    onDone()
    if (event.detail > 1) return
    if (isBusy(open)) client.stop()
    else client.send()
  }
  if (isBusy(open)) {
    const label = isWaiting ? t('composer.giveUp') : isStopping ? t('composer.stopping') : t('composer.stop')
    return (
      <Button shape="round" key="button" aria-label={label} disabled={isStopping} onClick={onClick}>
        <Square aria-hidden className="size-4" fill="currentColor" />
      </Button>
    )
  }
  return (
    <Button shape="round" key="button" aria-label={t('composer.send')} disabled={!canSend} onClick={onClick}>
      <ArrowUp aria-hidden className="size-5" />
    </Button>
  )
}

function Closed({ client, conversationId }: { client: ChatClient; conversationId: string }) {
  const t = useTranslations()
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-wrap items-center gap-3 px-4 pb-4">
      <LockKeyhole aria-hidden className="size-4 text-muted" />
      <p className="flex-1 text-muted">{t('conversation.closed')}</p>
      <Button shape="secondary" onClick={() => client.setStatus(conversationId, 'OPEN')}>
        {t('conversation.reopen')}
      </Button>
    </div>
  )
}

function pick({ key, shiftKey, keyCode }: KeyboardEvent) {
  return { key, shiftKey, keyCode }
}

/** As tall as its text; the style sheet bounds it. An empty one goes back to one row. */
function fitHeight(field: HTMLTextAreaElement, draft: string): void {
  field.style.height = 'auto'
  if (draft !== '') field.style.height = `${field.scrollHeight}px`
}
