import { Printer } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { callApi } from '../../client/api.ts'
import type { Part } from '../../protocol/parts.ts'
import { PATHS } from '../../protocol/paths.ts'
import type { SharedConversation, SharedMessage } from '../../protocol/responses.ts'
import { Button } from './controls/button.tsx'
import { Summary } from './controls/summary.tsx'
import { Logo } from './logo.tsx'
import { Parts } from './messages/parts.tsx'
import { StoredFileLink } from './messages/storedFileLink.tsx'
import { PageState } from './pageState.tsx'

type State = 'loading' | 'not-found' | 'failed' | SharedConversation

/** The page of a public link: a frozen copy of a conversation. */
export function SharedPage({ shareId }: { shareId: string }) {
  const t = useTranslations()
  const [state, setState] = useState<State>('loading')
  const read = useCallback(async () => {
    setState('loading')
    setState(await readShared(shareId))
  }, [shareId])
  useEffect(() => void read(), [read])
  useEffect(() => {
    if (typeof state === 'object') document.title = state.title || t('app.name')
  }, [state, t])
  if (state === 'not-found') {
    return (
      <PageState title={t('shared.notFound')} body={t('shared.notFoundBody')}>
        <StartLink />
      </PageState>
    )
  }
  if (state === 'failed') {
    return (
      <PageState title={t('shared.failed')} body="">
        <Button shape="primary" onClick={read}>
          {t('shared.again')}
        </Button>
      </PageState>
    )
  }
  return (
    <div className="column min-h-dvh px-4 pb-16">
      <header className="flex h-14 items-center justify-between gap-2 print:hidden">
        <a href="/" className="flex h-11 items-center gap-2 rounded-lg font-semibold">
          <Logo className="size-6" />
          {t('app.name')}
        </a>
        <Button shape="icon" aria-label={t('shared.print')} title={t('shared.print')} onClick={() => print()}>
          <Printer aria-hidden className="size-4" />
        </Button>
      </header>
      <main aria-busy={state === 'loading'}>
        {state === 'loading' ? <Skeleton /> : <Copy shareId={shareId} shared={state} />}
      </main>
    </div>
  )
}

/**
 * Reads a shared conversation without a cookie, so that nobody learns who reads it. If a proxy in front asks for a login,
 * reads it with the login that the page itself came with.
 */
async function readShared(shareId: string): Promise<State> {
  const browser = {
    async fetch(path: string, init: RequestInit) {
      const response = await fetch(path, { ...init, credentials: 'omit' })
      return response.status === 401 ? fetch(path, init) : response
    },
  }
  const path = PATHS.shared(shareId)
  const result = await callApi<SharedConversation>(browser, { method: 'GET', path })
  if (result.ok) return result.value
  return result.failure === 'NOT_FOUND' || result.failure === 'INVALID_REQUEST' ? 'not-found' : 'failed'
}

function Copy({ shareId, shared }: { shareId: string; shared: SharedConversation }) {
  const t = useTranslations()
  const format = useFormatter()
  const date = format.dateTime(new Date(shared.createdAt), { dateStyle: 'long' })
  return (
    <>
      <h1 dir="auto" className="text-balance pt-4 font-semibold text-2xl">
        {shared.title || t('list.untitled')}
      </h1>
      <p className="mt-1 text-muted text-sm">{t('shared.note', { date })}</p>
      <ol className="mt-8 space-y-6">
        {shared.messages.map(message => (
          <Message
            key={message.id}
            shareId={shareId}
            message={message}
            name={shared.assistantName || t('app.name')}
          />
        ))}
      </ol>
      <footer className="mt-12 border-line border-t pt-6 text-center print:hidden">
        <StartLink />
      </footer>
    </>
  )
}

interface MessageProps {
  shareId: string
  message: SharedMessage
  /** Who wrote the replies. */
  name: string
}

function Message({ shareId, message: { role, parts, timing }, name }: MessageProps) {
  const t = useTranslations()
  if (role === 'ASSISTANT') {
    return (
      <li>
        <h2 className="mb-1 font-semibold text-sm">
          <span className="sr-only">{t('shared.assistantSaid')}: </span>
          {name}
        </h2>
        <Parts parts={parts} isStreaming={false} timing={timing} />
      </li>
    )
  }
  return (
    <li className="flex flex-col items-end gap-2">
      <h2 className="sr-only">{t('shared.personSaid')}</h2>
      {parts.map(part => (
        <UserPart key={part.id} shareId={shareId} part={part} />
      ))}
    </li>
  )
}

function UserPart({ shareId, part }: { shareId: string; part: Part }) {
  const bubble = 'max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5'
  switch (part.type) {
    case 'text':
      return (
        <p dir="auto" className={`${bubble} whitespace-pre-wrap break-words`}>
          {part.text}
        </p>
      )
    case 'file':
      return (
        <details className={bubble}>
          <Summary className="-mx-4 -my-2.5 rounded-2xl px-4 py-2.5">
            <span dir="auto" className="min-w-0 break-words">
              {part.name}
            </span>
          </Summary>
          <p dir="auto" className="mt-2 whitespace-pre-wrap break-words text-sm">
            {part.text}
          </p>
        </details>
      )
    case 'image':
    case 'document':
      return <StoredFileLink file={part} url={PATHS.sharedFile(shareId, part.fileId)} />
    case 'refusal':
    case 'reasoning':
    case 'source':
    case 'suggestions':
    case 'break':
      // No person writes these.
      return null
    default:
      part satisfies never
      return null
  }
}

function StartLink() {
  const t = useTranslations()
  return (
    <a
      href="/"
      className="inline-flex h-11 items-center rounded-lg bg-accent px-4 font-medium text-on-accent hover:bg-accent-strong"
    >
      {t('shared.start')}
    </a>
  )
}

function Skeleton() {
  const t = useTranslations()
  const bar = 'rounded bg-subtle motion-safe:animate-pulse'
  return (
    <>
      <p className="sr-only">{t('shared.loading')}</p>
      <div aria-hidden className="space-y-4 pt-6">
        <div className={`${bar} h-7 w-2/3`} />
        <div className={`${bar} ml-auto h-11 w-1/2`} />
        <div className={`${bar} h-4 w-full`} />
        <div className={`${bar} h-4 w-11/12`} />
        <div className={`${bar} h-4 w-3/4`} />
      </div>
    </>
  )
}
