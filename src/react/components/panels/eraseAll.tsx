import { type FormEvent, useLayoutEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { leaveErasedNote } from '../../../browser/erasedNote.ts'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { Button } from '../controls/button.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { useFailure } from './useFailure.ts'

/** After one of these failures the server has erased nothing. */
const BEFORE: readonly Failure[] = ['FORBIDDEN', 'RATE_LIMITED', 'SHUTTING_DOWN']

/** Erases everything of the owner, after the person has typed a word to confirm it. */
export function EraseAll({ client }: { client: ChatClient }) {
  const t = useTranslations()
  const opener = useRef<HTMLButtonElement>(null)
  const [isAsked, setAsked] = useState(false)
  const close = () => {
    setAsked(false)
    requestAnimationFrame(() => opener.current?.focus())
  }
  return (
    <div className="rounded-lg border border-danger p-4">
      <h4 className="font-medium text-danger text-sm">{t('settings.erase')}</h4>
      <p className="mt-1 text-sm">{t('settings.eraseBody')}</p>
      {isAsked ? (
        <Confirmation client={client} onClose={close} />
      ) : (
        <Button ref={opener} shape="secondary" className="mt-3 text-danger" onClick={() => setAsked(true)}>
          {t('settings.erase')}
        </Button>
      )}
    </div>
  )
}

function Confirmation({ client, onClose }: { client: ChatClient; onClose(): void }) {
  const t = useTranslations()
  const [word, setWord] = useState('')
  const [isErasing, setErasing] = useState(false)
  const { failure, setFailure, takeNotice } = useFailure(client)
  const form = useRef<HTMLFormElement>(null)
  // Newer browsers return a promise here, and React would take it for the function that ends the effect.
  useLayoutEffect(() => void form.current?.scrollIntoView({ block: 'nearest' }), [])
  const wanted = t('settings.eraseWord')
  const isMeant = word.trim().toLocaleUpperCase() === wanted
  const erase = async (event: FormEvent) => {
    event.preventDefault()
    if (!isMeant || isErasing) return
    setErasing(true)
    setFailure(null)
    if (await client.eraseAll()) {
      leaveErasedNote()
      location.assign('/')
    } else {
      setErasing(false)
      takeNotice()
    }
  }
  return (
    <form ref={form} onSubmit={erase} className="mt-3 scroll-mb-8">
      <label className="block text-sm">
        {t('settings.eraseField', { word: wanted })}
        <input
          value={word}
          autoComplete="off"
          autoCapitalize="characters"
          // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that asked for it
          autoFocus
          onChange={event => setWord(event.target.value)}
          className="mt-1 block h-11 w-full rounded-lg border border-line-strong bg-bg px-3 text-base"
        />
      </label>
      <div className="mt-3">
        <FailureNote failure={failure} />
        <p role="alert" className="text-sm empty:hidden">
          {failure && t(BEFORE.includes(failure) ? 'settings.eraseNothing' : 'settings.eraseUnsure')}
        </p>
      </div>
      <div className="mt-3 flex flex-wrap justify-end gap-2">
        <Button shape="secondary" onClick={onClose}>
          {t('settings.eraseCancel')}
        </Button>
        <Button shape="danger" type="submit" disabled={!isMeant} aria-busy={isErasing}>
          {t('settings.eraseConfirm')}
        </Button>
      </div>
    </form>
  )
}
