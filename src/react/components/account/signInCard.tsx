import { useState } from 'react'
import type { AccountCalls } from '../../../client/accountCalls.ts'
import type { Failure } from '../../../client/api.ts'
import { REQUEST_ERRORS } from '../../../protocol/errors.ts'
import type { AccountResponse } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { Card, Go } from './accountCard.tsx'
import { AccountForm, accountFields } from './accountForm.tsx'
import { PasskeySignIn } from './passkeySignIn.tsx'
import { useAccountTexts } from './useAccountTexts.ts'

interface SignInProps {
  calls: AccountCalls
  info: AccountResponse
  /** The path that the person wanted to see. */
  next: string
  /** Why an issuer did not bring the person in. */
  failed: string | undefined
  onDone(): void
}

/** Asks who somebody is. */
export function SignIn(props: SignInProps) {
  const { calls, info, onDone } = props
  const t = useAccountTexts()
  const fields = accountFields(t)
  const isOpen = info.access === 'open'
  return (
    <Card title={t.signIn} body={isOpen ? t.signInBody : t.signInMust}>
      <OtherWays {...props} />
      <AccountForm
        // Browsers offer passkeys in a field that says so.
        fields={[{ ...fields.email, autoComplete: 'username webauthn' }, fields.password]}
        submit={t.signIn}
        send={({ email, current }) => calls.signIn({ email, password: current })}
        onDone={onDone}
      />
      <nav className="mt-6 flex flex-col items-start border-line border-t pt-4">
        {info.signUp !== 'closed' && <Go to="#sign-up">{t.signUp}</Go>}
        {info.hasMail && <Go to="#forgot">{t.forgot}</Go>}
        {isOpen && <Go to="/">{t.toChat}</Go>}
        {info.access === 'invite' && <p className="mt-2 text-muted text-sm">{t.invitedOnly}</p>}
      </nav>
    </Card>
  )
}

/** Ways to sign in without typing, and why an issuer did not bring the person in. */
function OtherWays({ calls, info, next, failed, onDone }: SignInProps) {
  const t = useAccountTexts()
  const [failure, setFailure] = useState<Failure | null>(failureOf(failed))
  if (info.issuers.length === 0 && !info.takesPasskeys) return null
  const go = async (name: string) => {
    setFailure(null)
    const result = await calls.beginLogin(name, next)
    if (result.ok) location.assign(result.value.url)
    else setFailure(result.failure)
  }
  return (
    <div className="mb-6 space-y-2 border-line border-b pb-6 empty:hidden">
      <IssuerFailure failure={failure} />
      {info.takesPasskeys && <PasskeySignIn calls={calls} onDone={onDone} />}
      {info.issuers.map(({ name, label }) => (
        <Button key={name} shape="secondary" className="w-full" onClick={() => go(name)}>
          {t.signInWith.replace('{label}', label)}
        </Button>
      ))}
    </div>
  )
}

/** Says why an issuer did not vouch for the person. */
export function IssuerFailure({ failure }: { failure: Failure | null }) {
  const t = useAccountTexts()
  if (failure === null) return null
  if (failure !== 'SIGN_IN_FAILED') return <FailureNote failure={failure} />
  return (
    <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">
      {t.issuerFailed}
    </p>
  )
}

/** The failure that the address names. */
export function failureOf(code: string | undefined): Failure | null {
  return code !== undefined && code in REQUEST_ERRORS ? (code as Failure) : null
}
