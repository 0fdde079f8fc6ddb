import type { AccountCalls } from '../../../client/accountCalls.ts'
import type { Account, AccountResponse } from '../../../protocol/responses.ts'
import { Card, Go } from './accountCard.tsx'
import { LinkedIssuers } from './linkedIssuers.tsx'
import { Passkeys } from './passkeys.tsx'
import { failureOf, IssuerFailure } from './signInCard.tsx'
import { useAccountTexts } from './useAccountTexts.ts'

interface SignedInProps {
  calls: AccountCalls
  info: AccountResponse
  account: Account
  /** Why an issuer was not linked. */
  failed: string | undefined
  onChange(): void
}

/** Who is signed in, and how else that person can sign in. */
export function SignedIn({ calls, info, account, failed, onChange }: SignedInProps) {
  const t = useAccountTexts()
  const common = { calls, info, account, Heading: 'h2' } as const
  return (
    <Card title={t.signedIn} body={t.signedInAs.replace('{email}', account.email)}>
      <IssuerFailure failure={failureOf(failed)} />
      <Go to="/">{t.toChat}</Go>
      <div className="mt-6 space-y-6 border-line border-t pt-6 empty:hidden">
        <Passkeys {...common} />
        <LinkedIssuers {...common} onChange={onChange} />
      </div>
    </Card>
  )
}
