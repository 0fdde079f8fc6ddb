import { useCallback, useEffect, useRef, useState } from 'react'
import { type AccountCalls, createAccountCalls } from '../../../client/accountCalls.ts'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { ACCOUNT_PAGE } from '../../../protocol/pages.ts'
import type { Account, AccountResponse } from '../../../protocol/responses.ts'
import { accountFields } from '../account/accountForm.tsx'
import { LinkedIssuers } from '../account/linkedIssuers.tsx'
import { Passkeys } from '../account/passkeys.tsx'
import { PersonForm } from '../account/personForm.tsx'
import { useAccountTexts } from '../account/useAccountTexts.ts'
import { Button } from '../controls/button.tsx'
import { FailureNote } from '../messages/failureNote.tsx'

export interface KnownAccount {
  calls: AccountCalls
  /** `null` until it is read. */
  info: AccountResponse | null
  failure: Failure | null
  read(): Promise<void>
}

/** Who is signed in. */
export function useAccount(client: ChatClient): KnownAccount {
  const [calls] = useState(() => createAccountCalls(client.call))
  const [info, setInfo] = useState<AccountResponse | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const read = useCallback(async () => {
    const result = await calls.read()
    setFailure(result.ok ? null : result.failure)
    if (result.ok) setInfo(result.value)
  }, [calls])
  useEffect(() => void read(), [read])
  return { calls, info, failure, read }
}

/** What a person does with the account, or how a visitor gets one. */
export function AccountSection({ client, known }: { client: ChatClient; known: KnownAccount }) {
  const { info, failure } = known
  if (!info) return <FailureNote failure={failure} />
  return info.account ? (
    <Own client={client} known={known} info={info} account={info.account} />
  ) : (
    <Visitor info={info} />
  )
}

function Visitor({ info }: { info: AccountResponse }) {
  const t = useAccountTexts()
  const link =
    'inline-flex h-10 items-center rounded-lg border border-line bg-surface px-4 font-medium hover:bg-subtle pointer-coarse:h-11'
  return (
    <>
      <p className="text-sm">{t.visitor}</p>
      <div className="flex flex-wrap gap-2">
        <a href={ACCOUNT_PAGE} className={link}>
          {t.signIn}
        </a>
        {info.signUp !== 'closed' && (
          <a href={`${ACCOUNT_PAGE}#sign-up`} className={link}>
            {t.signUp}
          </a>
        )}
      </div>
    </>
  )
}

type Task = 'password' | 'email' | 'delete'

interface OwnProps {
  client: ChatClient
  known: KnownAccount
  info: AccountResponse
  account: Account
}

function Own({ client, known, info, account }: OwnProps) {
  const { calls } = known
  const t = useAccountTexts()
  const [task, setTask] = useState<Task | null>(null)
  const [said, setSaid] = useState('')
  const [failure, setFailure] = useState<Failure | null>(null)
  const first = useRef<HTMLButtonElement>(null)
  const close = (text: string) => {
    setTask(null)
    setSaid(text)
    requestAnimationFrame(() => first.current?.focus())
  }
  const ask = (wanted: Task) => {
    setSaid('')
    setFailure(null)
    setTask(wanted)
  }
  // The next person at this browser must not find what this one has typed.
  const leave = () => {
    client.forgetDrafts()
    location.assign('/')
  }
  const signOut = async () => {
    const result = await calls.signOut()
    if (result.ok) leave()
    else setFailure(result.failure)
  }
  const sendConfirm = async () => {
    const result = await calls.sendConfirm()
    setFailure(result.ok ? null : result.failure)
    if (result.ok) setSaid(t.linkSent)
  }
  return (
    <>
      <div className="text-sm">
        <p className="break-words font-medium">{account.name || account.email}</p>
        {account.name && <p className="break-words text-muted">{account.email}</p>}
        {account.role === 'admin' && (
          <a href="/admin" className="text-accent underline underline-offset-2">
            {t.admin}
          </a>
        )}
        {!account.isConfirmed && <p className="text-muted">{t.unconfirmed}</p>}
      </div>
      <p role="status" className="text-sm empty:hidden">
        {said}
      </p>
      <FailureNote failure={failure} />
      {task === null ? (
        <div className="flex flex-wrap gap-2">
          <Button ref={first} shape="secondary" onClick={signOut}>
            {t.signOut}
          </Button>
          <Button shape="secondary" onClick={() => ask('password')}>
            {t.changePassword}
          </Button>
          <Button shape="secondary" onClick={() => ask('email')}>
            {t.changeEmail}
          </Button>
          {!account.isConfirmed && info.hasMail && (
            <Button shape="secondary" onClick={sendConfirm}>
              {t.sendConfirm}
            </Button>
          )}
          <Button shape="secondary" className="text-danger" onClick={() => ask('delete')}>
            {t.remove}
          </Button>
        </div>
      ) : (
        <TaskForm key={task} task={task} known={known} account={account} onClose={close} onGone={leave} />
      )}
      <Passkeys calls={calls} info={info} account={account} Heading="h4" />
      <LinkedIssuers calls={calls} info={info} account={account} Heading="h4" onChange={known.read} />
    </>
  )
}

interface TaskFormProps {
  task: Task
  known: KnownAccount
  account: Account
  /** `text` says what was done. */
  onClose(text: string): void
  /** The account is deleted. */
  onGone(): void
}

function TaskForm({ task, known: { calls, read }, account, onClose, onGone }: TaskFormProps) {
  const t = useAccountTexts()
  const fields = accountFields(t)
  const common = { account, onClose: () => onClose('') }
  const done = (text: string) => {
    onClose(text)
    void read()
  }
  if (task === 'password')
    return (
      <PersonForm
        {...common}
        title={t.changePassword}
        after={[fields.newPassword]}
        submit={t.save}
        send={({ password }, { password: current }) =>
          calls.changePassword({ password, ...(current !== undefined && { current }) })
        }
        onDone={() => done(t.passwordChanged)}
      />
    )
  if (task === 'email')
    return (
      <PersonForm
        {...common}
        title={t.changeEmail}
        before={[fields.newEmail]}
        submit={t.save}
        send={({ email }, person) => calls.changeEmail({ email, ...person })}
        onDone={({ status }) => done(status === 'mailed' ? t.emailSent : t.emailChanged)}
      />
    )
  return (
    <PersonForm
      {...common}
      title={t.remove}
      body={t.removeBody}
      submit={t.remove}
      isDanger
      send={(_, person) => calls.remove(person)}
      onDone={onGone}
    />
  )
}
