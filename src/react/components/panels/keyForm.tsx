import { type FormEvent, useLayoutEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type KeyScope, MAX_KEY_NAME } from '../../../protocol/keys.ts'
import type { CreateKeyRequest } from '../../../protocol/requests.ts'
import { Button } from '../controls/button.tsx'
import { CopyField } from '../controls/copyField.tsx'
import { Choices } from './settingFields.tsx'

/** How long a new key may be good for. */
const DAYS = ['7', '30', '90', '365'] as const

/** Asks what a new key is called, what it may do, and for how long. */
export function KeyForm({
  onCreate,
  onClose,
}: {
  onCreate(key: CreateKeyRequest): Promise<void>
  onClose(): void
}) {
  const t = useTranslations()
  const [name, setName] = useState('')
  const [scope, setScope] = useState<KeyScope>('read')
  const [days, setDays] = useState<(typeof DAYS)[number]>('90')
  const [isCreating, setCreating] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  // Newer browsers return a promise here, and React would take it for the function that ends the effect.
  useLayoutEffect(() => void form.current?.scrollIntoView({ block: 'nearest' }), [])
  const create = async (event: FormEvent) => {
    event.preventDefault()
    if (isCreating || name.trim() === '') return
    setCreating(true)
    await onCreate({ name: name.trim(), scope, days: Number(days) })
    setCreating(false)
  }
  return (
    <form ref={form} onSubmit={create} className="mt-3 scroll-mb-8 space-y-4">
      <label className="block text-sm">
        {t('keys.name')}
        <input
          value={name}
          maxLength={MAX_KEY_NAME}
          autoComplete="off"
          // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that asked for it
          autoFocus
          onChange={event => setName(event.target.value)}
          className="mt-1 block h-11 w-full rounded-lg border border-line-strong bg-bg px-3 text-base"
        />
      </label>
      <Choices<KeyScope>
        name={t('keys.scope')}
        choices={[
          { value: 'read', name: t('keys.read') },
          { value: 'write', name: t('keys.write') },
        ]}
        chosen={scope}
        onChoose={setScope}
      />
      <Choices<(typeof DAYS)[number]>
        name={t('keys.days')}
        choices={DAYS.map(value => ({
          value,
          name: value === '365' ? t('keys.year') : t('keys.daysOf', { days: Number(value) }),
        }))}
        chosen={days}
        onChoose={setDays}
      />
      <div className="flex flex-wrap justify-end gap-2">
        <Button shape="secondary" onClick={onClose}>
          {t('keys.cancel')}
        </Button>
        <Button shape="primary" type="submit" disabled={name.trim() === ''} aria-busy={isCreating}>
          {isCreating ? t('keys.creating') : t('keys.create')}
        </Button>
      </div>
    </form>
  )
}

/** Shows the secret of a new key, this once. */
export function CreatedKey({ secret, onClose }: { secret: string; onClose(): void }) {
  const t = useTranslations()
  return (
    <div className="mt-3">
      <p role="status" className="text-sm">
        {t('keys.created')}
      </p>
      <CopyField
        value={secret}
        label={t('keys.secret')}
        copy={t('keys.copy')}
        copied={t('keys.copied')}
        className="min-w-48 font-mono"
      >
        <Button shape="secondary" className="h-11!" onClick={onClose}>
          {t('keys.done')}
        </Button>
      </CopyField>
    </div>
  )
}
