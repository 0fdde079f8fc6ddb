import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { createAccountCalls } from '../../../client/accountCalls.ts'
import { callApi } from '../../../client/api.ts'
import { NEXT_QUERY } from '../../../protocol/pages.ts'
import type { AccountResponse } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { Logo } from '../logo.tsx'
import { Back, Card, Go } from './accountCard.tsx'
import { AccountForm, accountFields, type FieldValues } from './accountForm.tsx'
import { SignedIn } from './signedInCard.tsx'
import { SignIn } from './signInCard.tsx'
import { useAccountTexts } from './useAccountTexts.ts'

const browser = { fetch: (path: string, init: RequestInit) => fetch(path, init) }
const calls = createAccountCalls(call => callApi(browser, call))

/** What the page asks for. The address has it after `#`, with the token of a link. */
type Task = 'sign-in' | 'sign-up' | 'forgot' | 'join' | 'first' | 'reset' | 'confirm' | 'failed'
const TASKS: readonly string[] = [
  'sign-up',
  'forgot',
  'join',
  'first',
  'reset',
  'confirm',
  'failed',
] satisfies Task[]

interface Place {
  task: Task
  token: string
}

function readPlace(): Place {
  const [task = '', token = ''] = location.hash.slice(1).split('=')
  return TASKS.includes(task) ? { task: task as Task, token } : { task: 'sign-in', token: '' }
}

/** The path that the person wanted to see, if it is one of this page. */
function nextPath(): string {
  const next = new URLSearchParams(location.search).get(NEXT_QUERY) ?? '/'
  return /^\/c\/[\da-f-]{36}$/.test(next) ? next : '/'
}

/** The page on which people sign in, make an account, and use the links that they were sent. */
export function AccountPage() {
  const t = useAccountTexts()
  const texts = useTranslations()
  const [place, setPlace] = useState<Place | null>(null)
  const [info, setInfo] = useState<AccountResponse | 'failed' | null>(null)
  const read = useCallback(async () => {
    const result = await calls.read()
    setInfo(result.ok ? result.value : 'failed')
  }, [])
  useEffect(() => {
    const follow = () => setPlace(readPlace())
    follow()
    void read()
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [read])
  return (
    <div className="flex min-h-dvh flex-col px-4">
      <header className="flex h-14 items-center">
        <a href="/" className="flex h-11 items-center gap-2 rounded-lg font-semibold">
          <Logo className="size-6" />
          {texts('app.name')}
        </a>
      </header>
      <main aria-busy={!info} className="mx-auto w-full max-w-[24rem] pt-[8dvh] pb-16">
        {info === 'failed' ? (
          <Card title={texts('notice.unreachable')}>
            <Button shape="primary" onClick={read}>
              {t.again}
            </Button>
          </Card>
        ) : info && place ? (
          <CurrentTask key={place.task + place.token} info={info} place={place} onAccount={read} />
        ) : (
          <p className="sr-only">{t.loading}</p>
        )}
      </main>
    </div>
  )
}

interface TaskProps {
  info: AccountResponse
  place: Place
  /** Who is signed in is to be read again. */
  onAccount(): void
}

function CurrentTask({ info, place: { task, token }, onAccount }: TaskProps) {
  const t = useAccountTexts()
  const fields = accountFields(t)
  const enter = () => location.assign(nextPath())
  const join = ({ email, name, password }: FieldValues) =>
    calls.signUp({ password, name, ...(token && { token }), ...(email && { email }) })
  if (task === 'join' || task === 'first') {
    const isFirst = task === 'first'
    return (
      <ByLink token={token} info={info}>
        <Card title={isFirst ? t.first : t.join} body={isFirst ? t.firstBody : t.joinBody}>
          <AccountForm
            fields={[...(isFirst ? [fields.email] : []), fields.name, fields.newPassword]}
            submit={t.signUp}
            send={join}
            onDone={enter}
          />
        </Card>
      </ByLink>
    )
  }
  if (task === 'reset')
    return (
      <ByLink token={token} info={info}>
        <Card title={t.reset} body={t.resetBody}>
          <AccountForm
            fields={[fields.newPassword]}
            submit={t.save}
            send={({ password }) => calls.reset({ token, password })}
            onDone={enter}
          />
        </Card>
      </ByLink>
    )
  if (task === 'confirm' && info.account) return <Confirm token={token} />
  if (task === 'sign-up' && info.signUp !== 'closed') return <SignUp info={info} join={join} onDone={enter} />
  if (task === 'forgot' && info.hasMail)
    return <SendLink title={t.forgot} body={t.forgotBody} kind="reset-link" />
  const failed = task === 'failed' ? token : undefined
  if (info.account)
    return <SignedIn calls={calls} info={info} account={info.account} failed={failed} onChange={onAccount} />
  return (
    <SignIn
      calls={calls}
      info={info}
      next={nextPath()}
      failed={failed}
      onDone={task === 'confirm' ? onAccount : enter}
    />
  )
}

interface ByLinkProps {
  token: string
  info: AccountResponse
  /** What the link does. */
  children: ReactNode
}

/** Shows what a link does, unless it was used or has expired: then the page says so, and asks for nothing. */
function ByLink({ token, info, children }: ByLinkProps) {
  const t = useAccountTexts()
  const texts = useTranslations()
  const [state, setState] = useState<'reading' | 'good' | 'over'>('reading')
  useEffect(() => {
    void calls.readLink(token).then(result => {
      const isOver = !result.ok && ['LINK_INVALID', 'INVALID_REQUEST'].includes(result.failure)
      // Whatever else is wrong, the form says when it is sent.
      setState(isOver ? 'over' : 'good')
    })
  }, [token])
  if (state === 'good') return children
  if (state === 'reading') return <p className="sr-only">{t.loading}</p>
  return (
    <Card title={t.linkOver} body={texts('errors.LINK_INVALID')}>
      {info.account ? <Go to="/">{t.toChat}</Go> : <Go to="#">{t.signIn}</Go>}
    </Card>
  )
}

interface SignUpProps {
  info: AccountResponse
  join(values: FieldValues): ReturnType<typeof calls.signUp>
  onDone(): void
}

function SignUp({ info, join, onDone }: SignUpProps) {
  const t = useAccountTexts()
  const fields = accountFields(t)
  if (info.signUp === 'mail') return <SendLink title={t.signUp} body={t.signUpMail} kind="sign-up-link" />
  return (
    <Card title={t.signUp} body={t.signUpDirect}>
      <AccountForm
        fields={[fields.email, fields.name, fields.newPassword]}
        submit={t.signUp}
        send={join}
        onDone={onDone}
      />
      <Back />
    </Card>
  )
}

interface SendLinkProps {
  title: string
  body: string
  kind: 'sign-up-link' | 'reset-link'
}

function SendLink({ title, body, kind }: SendLinkProps) {
  const t = useAccountTexts()
  const [isSent, setSent] = useState(false)
  if (isSent)
    return (
      <Card title={t.sent} body={t.sentBody}>
        <Back />
      </Card>
    )
  return (
    <Card title={title} body={body}>
      <AccountForm
        fields={[accountFields(t).email]}
        submit={t.send}
        send={({ email }) => calls.sendLink(kind, email)}
        onDone={() => setSent(true)}
      />
      <Back />
    </Card>
  )
}

function Confirm({ token }: { token: string }) {
  const t = useAccountTexts()
  const [email, setEmail] = useState<string | null>(null)
  if (email !== null)
    return (
      <Card title={t.confirmed} body={email}>
        <Go to="/">{t.toChat}</Go>
      </Card>
    )
  return (
    <Card title={t.confirm} body={t.confirmBody}>
      <AccountForm
        fields={[]}
        submit={t.confirm}
        send={() => calls.confirm(token)}
        onDone={({ account }) => setEmail(account.email)}
      />
    </Card>
  )
}
