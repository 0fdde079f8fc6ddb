import { useCallback, useEffect, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { deviceName } from '../../../browser/deviceName.ts'
import type { ApiResult, Failure } from '../../../client/api.ts'
import {
  listBrowserSessions,
  signOutBrowser,
  signOutOtherBrowsers,
} from '../../../client/chat/browserSessions.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Session } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { SureButton } from '../controls/sureButton.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { useFailure } from './useFailure.ts'

interface Sessions {
  /** `null` until they are read. Empty for whom a host vouches for. */
  sessions: readonly Session[] | null
  failure: Failure | null
  /** Both give whether it is done. */
  signOut(session: Session): Promise<boolean>
  signOutOthers(): Promise<boolean>
  read(): void
}

/** The browsers in which the owner is signed in. */
export function useSessions(client: ChatClient): Sessions {
  const [sessions, setSessions] = useState<readonly Session[] | null>(null)
  const { failure, setFailure, tellFailure } = useFailure(client)
  const read = useCallback(async () => {
    setFailure(null)
    const result = await listBrowserSessions(client)
    if (!result.ok) return setFailure(result.failure)
    const { sessions } = result.value
    setSessions(sessions.toSorted((one, other) => Number(other.isCurrent) - Number(one.isCurrent)))
  }, [client, setFailure])
  useEffect(() => void read(), [read])
  const done = (result: ApiResult<undefined>, isLeft: (session: Session) => boolean) => {
    tellFailure(result.ok ? null : result.failure)
    if (result.ok) setSessions(known => known?.filter(isLeft) ?? null)
    return result.ok
  }
  return {
    sessions,
    failure,
    signOut: async ({ id }) => done(await signOutBrowser(client, { id }), other => other.id !== id),
    signOutOthers: async () => done(await signOutOtherBrowsers(client), ({ isCurrent }) => isCurrent),
    read,
  }
}

/** Where the owner is signed in. Each browser but this one can be signed out, and all of them at once. */
export function SessionList({ sessions: { sessions, failure, ...sessionsOf } }: { sessions: Sessions }) {
  const t = useTranslations()
  const list = useRef<HTMLDivElement>(null)
  const [said, setSaid] = useState('')
  const hasOthers = sessions?.some(({ isCurrent }) => !isCurrent)
  // The list gets the focus, because the pressed button disappears with its row.
  const afterwards = async (isDone: Promise<boolean>, text: string) => {
    setSaid('')
    if (!(await isDone)) return
    setSaid(text)
    list.current?.focus()
  }
  return (
    <div ref={list} tabIndex={-1} className="rounded outline-offset-4">
      <p className="text-muted text-sm">{t('sessions.body')}</p>
      <p role="status" className="sr-only">
        {said}
      </p>
      <FailureNote failure={failure} />
      {failure && !sessions && (
        <Button shape="secondary" onClick={sessionsOf.read}>
          {t('dialog.again')}
        </Button>
      )}
      {!sessions && !failure && (
        <div className="py-2">
          <p className="sr-only">{t('dialog.loading')}</p>
          <div aria-hidden className="h-4 w-3/5 rounded bg-subtle motion-safe:animate-pulse" />
        </div>
      )}
      {sessions && (
        <ul className="mt-1 divide-y divide-line">
          {sessions.map(session => (
            <Row
              key={session.id}
              session={session}
              onSignOut={() => afterwards(sessionsOf.signOut(session), t('sessions.signedOut'))}
            />
          ))}
        </ul>
      )}
      {hasOthers && (
        <SureButton
          shape="secondary"
          className="mt-2"
          text={t('sessions.signOutOthers')}
          sure={t('sessions.signOutOthersSure')}
          onSure={() => afterwards(sessionsOf.signOutOthers(), t('sessions.othersSignedOut'))}
        />
      )}
    </div>
  )
}

function Row({ session, onSignOut }: { session: Session; onSignOut(): void }) {
  const t = useTranslations()
  const format = useFormatter()
  const { device, usedAt, isCurrent } = session
  const name = deviceName(device) || t('sessions.unknown')
  const date = format.dateTime(new Date(usedAt), { dateStyle: 'medium', timeStyle: 'short' })
  const used = t('sessions.used', { date })
  return (
    <li className="flex min-h-12 items-center gap-1 py-1">
      <div className="min-w-0 flex-1 text-sm">
        <p dir="auto" className="truncate" title={device}>
          {name}
        </p>
        <p className="text-muted text-xs">{isCurrent ? t('sessions.current') : used}</p>
      </div>
      {!isCurrent && (
        <SureButton
          shape="quiet"
          className="text-danger!"
          text={t('sessions.signOut')}
          sure={t('sessions.signOutSure')}
          about={`${name}, ${used}`}
          onSure={onSignOut}
        />
      )}
    </li>
  )
}
