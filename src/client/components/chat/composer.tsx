import { ArrowUp, LockKeyhole, Square } from 'lucide-react'
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useLayoutEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../chatClient.ts'
import type { OpenConversation } from '../../chatState.ts'
import { Button } from './button.tsx'
import { isSendKey } from './composerKeys.ts'

/** What the composer shows of a conversation, and nothing that changes with each word of a reply. */
export interface ComposerState {
  openKey: string
  draft: string
  canSend: boolean
  /** `waiting`: the message did not go out yet. */
  activity: 'idle' | 'waiting' | 'active' | 'stopping'
  /** Set when there is nothing to write in: the conversation is closed, or there is none. */
  closed: { conversationId: string } | 'not-found' | null
}

export function composerStateOf(open: OpenConversation): ComposerState {
  const { key, conversation, draft, outgoing, run, status } = open
  const isStopping = (outgoing ?? run)?.stopRequested === true
  const isClosed = conversation?.status === 'CLOSED'
  return {
    openKey: key,
    draft,
    canSend: draft.trim() !== '' && (status === 'new' || status === 'ready'),
    activity: outgoing?.waiting ? 'waiting' : isStopping ? 'stopping' : outgoing || run ? 'active' : 'idle',
    closed: status === 'not-found' ? status : isClosed ? { conversationId: conversation.id } : null,
  }
}

type ComposerProps = ComposerState & { client: ChatClient }

/** Where a message is written. A closed conversation has none, and says so. */
export function Composer({ closed, ...props }: ComposerProps) {
  if (closed === 'not-found') return null
  if (closed) return <Closed client={props.client} {...closed} />
  return <OpenComposer {...props} />
}

const OpenComposer = memo(function OpenComposer(props: Omit<ComposerProps, 'closed'>) {
  const { client, openKey, draft } = props
  const t = useTranslations()
  const field = useRef<HTMLTextAreaElement>(null)

  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current, draft)
  }, [draft])

  useEffect(() => {
    if (openKey && matchMedia('(hover: hover)').matches) field.current?.focus()
  }, [openKey])

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
        <SendOrStop {...props} onDone={focusField} />
      </div>
      <p id="composer-hint" className="mt-1.5 hidden text-center text-muted text-xs md:block">
        {t('composer.hint')}
      </p>
    </form>
  )
})

type SendOrStopProps = Pick<ComposerProps, 'client' | 'canSend' | 'activity'> & { onDone(): void }

/** One button in one place: the second click of a double click on Send must not stop the reply it asked for. */
function SendOrStop({ client, canSend, activity, onDone }: SendOrStopProps) {
  const t = useTranslations()
  const onClick = (event: MouseEvent) => {
    onDone()
    if (event.detail > 1) return
    if (activity === 'idle') client.send()
    else client.stop()
  }
  const isIdle = activity === 'idle'
  const labels = {
    idle: t('composer.send'),
    waiting: t('composer.giveUp'),
    active: t('composer.stop'),
    stopping: t('composer.stopping'),
  }
  return (
    <Button
      shape="round"
      aria-label={labels[activity]}
      disabled={isIdle ? !canSend : activity === 'stopping'}
      onClick={onClick}
    >
      {isIdle ? (
        <ArrowUp aria-hidden className="size-5" />
      ) : (
        <Square aria-hidden className="size-4" fill="currentColor" />
      )}
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
