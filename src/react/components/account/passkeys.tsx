import { useCallback, useEffect, useRef, useState } from 'react'
import { useFormatter } from 'use-intl'
import { deviceName } from '../../../browser/deviceName.ts'
import { createPasskey, hasPasskeys, type PasskeyProblem } from '../../../browser/passkeys.ts'
import type { AccountCalls } from '../../../client/accountCalls.ts'
import type { ApiResult, Failure } from '../../../client/api.ts'
import type { PersonRequest } from '../../../protocol/accountRequests.ts'
import type { Account, AccountResponse, Passkey, PasskeyResponse } from '../../../protocol/responses.ts'
import type { AccountTexts } from '../../i18n/accountTexts.ts'
import { Button } from '../controls/button.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { accountFields } from './accountForm.tsx'
import { AccountRow, PersonForm } from './personForm.tsx'
import { useAccountTexts } from './useAccountTexts.ts'

interface PasskeysProps {
  calls: AccountCalls
  info: AccountResponse
  account: Account
  Heading: 'h2' | 'h4'
}

/** The passkeys of the account: lists them, adds one, and removes them. */
export function Passkeys({ calls, info, account, Heading }: PasskeysProps) {
  const t = useAccountTexts()
  const { passkeys, failure, read } = usePasskeys(calls)
  const [task, setTask] = useState<'add' | Passkey | null>(null)
  const [said, setSaid] = useState('')
  const place = useRef<HTMLDivElement>(null)
  // The place gets the focus, because the pressed button disappears.
  const close = (text: string) => {
    setTask(null)
    setSaid(text)
    requestAnimationFrame(() => place.current?.focus())
  }
  const done = (text: string) => {
    close(text)
    void read()
  }
  const ask = (wanted: 'add' | Passkey) => {
    setSaid('')
    setTask(wanted)
  }
  const canAdd = info.takesPasskeys && hasPasskeys()
  if (!canAdd && passkeys.length === 0) return null
  return (
    <div ref={place} tabIndex={-1} className="rounded text-left outline-offset-4">
      <Heading className="font-medium text-sm">{t.passkeys}</Heading>
      <p className="mt-1 text-muted text-sm">{t.passkeysBody}</p>
      <p role="status" className="text-sm empty:hidden">
        {said}
      </p>
      <FailureNote failure={failure} />
      <PasskeyRows passkeys={passkeys} onRemove={ask} />
      {task === 'add' ? (
        <AddPasskey
          calls={calls}
          account={account}
          onDone={() => done(t.passkeyAdded)}
          onClose={() => close('')}
        />
      ) : task ? (
        <PersonForm
          key={task.id}
          account={account}
          title={t.removePasskeyTitle.replace('{name}', task.name)}
          body={t.removePasskeyBody}
          submit={t.removePasskey}
          isDanger
          send={(_, person) => calls.removePasskey(task.id, person)}
          onDone={() => done(t.passkeyRemoved)}
          onClose={() => close('')}
        />
      ) : (
        canAdd && (
          <Button shape="secondary" className="mt-2" onClick={() => ask('add')}>
            {t.addPasskey}
          </Button>
        )
      )}
    </div>
  )
}

function usePasskeys(calls: AccountCalls) {
  const [passkeys, setPasskeys] = useState<readonly Passkey[]>([])
  const [failure, setFailure] = useState<Failure | null>(null)
  const read = useCallback(async () => {
    const result = await calls.listPasskeys()
    setFailure(result.ok ? null : result.failure)
    if (result.ok) setPasskeys(result.value.passkeys)
  }, [calls])
  useEffect(() => void read(), [read])
  return { passkeys, failure, read }
}

function PasskeyRows({
  passkeys,
  onRemove,
}: {
  passkeys: readonly Passkey[]
  onRemove(passkey: Passkey): void
}) {
  const t = useAccountTexts()
  const format = useFormatter()
  const dateOf = (time: number) => format.dateTime(new Date(time), { dateStyle: 'medium' })
  const factsOf = ({ createdAt, usedAt }: Passkey) => {
    const used = usedAt === null ? t.passkeyUnused : t.passkeyUsed.replace('{date}', dateOf(usedAt))
    return `${t.passkeyMade.replace('{date}', dateOf(createdAt))} · ${used}`
  }
  if (passkeys.length === 0) return null
  return (
    <ul className="mt-1 divide-y divide-line">
      {passkeys.map(passkey => (
        <AccountRow key={passkey.id} name={passkey.name} facts={factsOf(passkey)}>
          <Button
            shape="quiet"
            className="text-danger!"
            aria-label={`${t.removePasskey}: ${passkey.name}`}
            onClick={() => onRemove(passkey)}
          >
            {t.removePasskey}
          </Button>
        </AccountRow>
      ))}
    </ul>
  )
}

interface AddPasskeyProps {
  calls: AccountCalls
  account: Account
  onDone(): void
  onClose(): void
}

function AddPasskey({ calls, account, onDone, onClose }: AddPasskeyProps) {
  const t = useAccountTexts()
  const problem = useRef<PasskeyProblem | null>(null)
  const device = deviceName(navigator.userAgent)
  const add = async (name: string, person: PersonRequest): Promise<ApiResult<PasskeyResponse>> => {
    problem.current = null
    const begun = await calls.beginPasskey(person)
    if (!begun.ok) return begun
    const made = await createPasskey(begun.value.options)
    if ('credential' in made)
      return calls.addPasskey({ name: name.trim() || device || t.passkey, credential: made.credential })
    problem.current = made.problem
    return { ok: false, failure: 'PASSKEY_REFUSED', retryAfter: null }
  }
  const fields = accountFields(t)
  return (
    <PersonForm
      account={account}
      title={t.addPasskey}
      before={[{ ...fields.name, label: t.passkeyName, autoComplete: 'off', hint: device }]}
      submit={t.addPasskey}
      describe={() => (problem.current ? problemText(problem.current, t) : undefined)}
      send={({ name }, person) => add(name, person)}
      onDone={onDone}
      onClose={onClose}
    />
  )
}

/** What a person reads if the browser gave no passkey. */
export function problemText(problem: PasskeyProblem, t: AccountTexts): string {
  return { cancelled: t.passkeyCancelled, known: t.passkeyKnown, failed: t.passkeyFailed }[problem]
}
