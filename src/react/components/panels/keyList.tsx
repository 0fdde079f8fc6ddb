import { useCallback, useEffect, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { Failure } from '../../../client/api.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../../../client/chat/apiKeys.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { CreateKeyRequest } from '../../../protocol/requests.ts'
import type { ApiKey } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { SureButton } from '../controls/sureButton.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { CreatedKey, KeyForm } from './keyForm.tsx'
import { useFailure } from './useFailure.ts'

interface Keys {
  /** Whether the owner can make keys. False until that is known. */
  isOffered: boolean
  keys: readonly ApiKey[]
  failure: Failure | null
  /** The secret of the new key, or `null` if there is none. */
  create(key: CreateKeyRequest): Promise<string | null>
  /** Whether it is done. */
  revoke(key: ApiKey): Promise<boolean>
}

/** The API keys of the owner. */
export function useKeys(client: ChatClient): Keys {
  const [keys, setKeys] = useState<readonly ApiKey[]>([])
  const [isOffered, setOffered] = useState(false)
  const { failure, tellFailure } = useFailure(client)
  const read = useCallback(async () => {
    const result = await listApiKeys(client)
    if (!result.ok) return
    setKeys(result.value.keys)
    setOffered(result.value.most > 0 || result.value.keys.length > 0)
  }, [client])
  useEffect(() => void read(), [read])
  return {
    isOffered,
    keys,
    failure,
    async create(body) {
      const result = await createApiKey(client, body)
      tellFailure(result.ok ? null : result.failure)
      if (!result.ok) return null
      setKeys(known => [result.value.key, ...known])
      return result.value.secret
    },
    async revoke({ id }) {
      const result = await revokeApiKey(client, { id })
      tellFailure(result.ok ? null : result.failure)
      if (result.ok) setKeys(known => known.filter(key => key.id !== id))
      return result.ok
    },
  }
}

/** Lists the keys, makes new ones and revokes them. The secret of a new key is shown once. */
export function KeyList({ keys: { keys, failure, create, revoke } }: { keys: Keys }) {
  const t = useTranslations()
  const list = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const [said, setSaid] = useState('')
  const [isAsked, setAsked] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const close = () => {
    setAsked(false)
    setSecret(null)
    requestAnimationFrame(() => opener.current?.focus())
  }
  // The list gets the focus, because the pressed button disappears with its row.
  const revokeOne = async (key: ApiKey) => {
    setSaid('')
    if (!(await revoke(key))) return
    setSaid(t('keys.revoked'))
    list.current?.focus()
  }
  return (
    <div ref={list} tabIndex={-1} className="rounded outline-offset-4">
      <p className="text-muted text-sm">{t('keys.body')}</p>
      <p role="status" className="sr-only">
        {said}
      </p>
      <FailureNote failure={failure} />
      {keys.length > 0 && (
        <ul className="mt-1 divide-y divide-line">
          {keys.map(key => (
            <Row key={key.id} of={key} onRevoke={() => revokeOne(key)} />
          ))}
        </ul>
      )}
      {secret !== null ? (
        <CreatedKey secret={secret} onClose={close} />
      ) : isAsked ? (
        <KeyForm onCreate={async key => setSecret(await create(key))} onClose={close} />
      ) : (
        <Button ref={opener} shape="secondary" className="mt-2" onClick={() => setAsked(true)}>
          {t('keys.create')}
        </Button>
      )}
    </div>
  )
}

function Row({ of: { name, scope, usedAt, expiresAt }, onRevoke }: { of: ApiKey; onRevoke(): void }) {
  const t = useTranslations()
  const format = useFormatter()
  const dateOf = (time: number) => format.dateTime(new Date(time), { dateStyle: 'medium' })
  const facts = [
    t(scope === 'read' ? 'keys.read' : 'keys.write'),
    usedAt === null ? t('keys.unused') : t('keys.used', { date: dateOf(usedAt) }),
    t('keys.until', { date: dateOf(expiresAt) }),
  ]
  return (
    <li className="flex min-h-12 items-center gap-1 py-1">
      <div className="min-w-0 flex-1 text-sm">
        <p dir="auto" className="truncate" title={name}>
          {name}
        </p>
        <p className="text-muted text-xs">{facts.join(' · ')}</p>
      </div>
      <SureButton
        shape="quiet"
        className="text-danger!"
        text={t('keys.revoke')}
        sure={t('keys.revokeSure')}
        about={name}
        onSure={onRevoke}
      />
    </li>
  )
}
