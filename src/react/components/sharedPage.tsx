import { Printer } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { callApi } from '../../client/api.ts'
import { PATHS } from '../../protocol/paths.ts'
import type { SharedConversation } from '../../protocol/responses.ts'
import { FilesContext, filesAt } from '../files.ts'
import { Button } from './controls/button.tsx'
import { Logo } from './logo.tsx'
import { SharedMessages } from './messages/sharedMessages.tsx'
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
 * Reads a shared conversation without a cookie, so that nobody learns who reads it. If a proxy in front asks for a login, or
 * the server shows shares only to people who are signed in, reads it with the login that the page itself came with.
 */
async function readShared(shareId: string): Promise<State> {
  const browser = {
    async fetch(path: string, init: RequestInit) {
      const response = await fetch(path, { ...init, credentials: 'omit' })
      return [401, 404].includes(response.status) ? fetch(path, init) : response
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
  const files = useMemo(() => filesAt(fileId => PATHS.sharedFile(shareId, fileId)), [shareId])
  const date = format.dateTime(new Date(shared.createdAt), { dateStyle: 'long' })
  return (
    <>
      <h1 dir="auto" className="text-balance pt-4 font-semibold text-2xl">
        {shared.title || t('list.untitled')}
      </h1>
      <p className="mt-1 text-muted text-sm">{t('shared.note', { date })}</p>
      <FilesContext value={files}>
        <SharedMessages messages={shared.messages} name={shared.assistantName || t('app.name')} />
      </FilesContext>
      <footer className="mt-12 border-line border-t pt-6 text-center print:hidden">
        <StartLink />
      </footer>
    </>
  )
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
