import { useCallback, useEffect, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { shareAddress } from '../../../browser/pagePaths.ts'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { listShares, revokeShare } from '../../../client/chat/conversations/shareLinks.ts'
import type { Share, SharingMode } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { useFailure } from './useFailure.ts'

interface Shares {
  /** `null` until they are read. */
  shares: readonly Share[] | null
  /** Who may make links and read them. */
  sharing: SharingMode
  /** Whether the person may make one. True until it is known. */
  mayShare: boolean
  failure: Failure | null
  add(share: Share): void
  /** Gives whether it is revoked. */
  revoke(share: Share): Promise<boolean>
  read(): void
}

/** The public links of one conversation, or all of them for `null`. */
export function useShares(client: ChatClient, conversationId: string | null): Shares {
  const [shares, setShares] = useState<readonly Share[] | null>(null)
  const [rule, setRule] = useState<Pick<Shares, 'sharing' | 'mayShare'>>({
    sharing: 'anyone',
    mayShare: true,
  })
  const { failure, setFailure, tellFailure } = useFailure(client)
  const read = useCallback(async () => {
    setFailure(null)
    const result = await listShares(client, conversationId)
    if (!result.ok) return setFailure(result.failure)
    // A link that was created since the request may be missing in the answer.
    const read = result.value.shares
    setRule(result.value)
    const isMissing = (share: Share) => !read.some(({ id }) => id === share.id)
    setShares(known => [...(known ?? []).filter(isMissing), ...read])
  }, [client, conversationId, setFailure])
  useEffect(() => void read(), [read])
  const add = (share: Share) =>
    setShares(known => [share, ...(known ?? []).filter(({ id }) => id !== share.id)])
  const revoke = async (share: Share) => {
    const result = await revokeShare(client, share)
    tellFailure(result.ok ? null : result.failure)
    if (result.ok) setShares(known => known?.filter(({ id }) => id !== share.id) ?? null)
    return result.ok
  }
  return { ...rule, shares, failure, add, revoke, read }
}

interface ShareListProps {
  links: Shares
  /** The text for an empty list. */
  none: string
  /** Each link shows the title of its conversation. */
  hasTitles?: boolean
}

/** Public links with their dates. Each can be opened, and revoked for good. */
export function ShareList({ links, none, hasTitles = false }: ShareListProps) {
  const t = useTranslations()
  const list = useRef<HTMLDivElement>(null)
  const [isRevoked, setRevoked] = useState(false)
  const { shares, failure } = links
  // The list gets the focus, because the pressed button disappears with its link.
  const revoke = async (share: Share) => {
    setRevoked(false)
    if (!(await links.revoke(share))) return
    setRevoked(true)
    list.current?.focus()
  }
  return (
    <div ref={list} tabIndex={-1} className="mt-1 rounded outline-offset-4">
      <p role="status" className="sr-only">
        {isRevoked && t('share.revoked')}
      </p>
      <FailureNote failure={failure} />
      {failure && !shares && (
        <Button shape="secondary" onClick={links.read}>
          {t('dialog.again')}
        </Button>
      )}
      {!shares && !failure && <Skeleton />}
      {shares?.length === 0 && <p className="py-2 text-muted text-sm">{none}</p>}
      {shares && shares.length > 0 && (
        <ul className="divide-y divide-line">
          {shares.map(share => (
            <Row key={share.id} share={share} hasTitle={hasTitles} onRevoke={() => revoke(share)} />
          ))}
        </ul>
      )}
    </div>
  )
}

function Row({ share, hasTitle, onRevoke }: { share: Share; hasTitle: boolean; onRevoke(): void }) {
  const t = useTranslations()
  const format = useFormatter()
  const [isAsked, setAsked] = useState(false)
  const date = format.dateTime(new Date(share.createdAt), { dateStyle: 'medium', timeStyle: 'short' })
  const name = t('share.of', { date })
  return (
    <li className="flex items-center gap-1 py-1">
      <div className="min-w-0 flex-1 text-sm">
        {hasTitle && (
          <p dir="auto" className="truncate">
            {share.title || t('list.untitled')}
          </p>
        )}
        <p className={hasTitle ? 'text-muted text-xs' : ''}>{name}</p>
      </div>
      <a
        href={shareAddress(share)}
        target="_blank"
        rel="noreferrer"
        aria-label={`${t('share.open')}: ${name}`}
        className="inline-flex h-10 pointer-coarse:h-11 items-center rounded-lg px-2.5 text-accent text-sm hover:bg-subtle"
      >
        {t('share.open')}
      </a>
      <Button
        shape="quiet"
        className="text-danger!"
        aria-label={`${isAsked ? t('share.revokeSure') : t('share.revoke')}: ${name}`}
        onClick={() => (isAsked ? onRevoke() : setAsked(true))}
        onBlur={() => setAsked(false)}
      >
        {isAsked ? t('share.revokeSure') : t('share.revoke')}
      </Button>
    </li>
  )
}

function Skeleton() {
  const t = useTranslations()
  return (
    <div className="py-2">
      <p className="sr-only">{t('dialog.loading')}</p>
      <div aria-hidden className="h-4 w-3/5 rounded bg-subtle motion-safe:animate-pulse" />
    </div>
  )
}
