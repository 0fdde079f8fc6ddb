import { useRef, useState } from 'react'
import type { AccountCalls } from '../../../client/accountCalls.ts'
import type { Account, AccountResponse } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { AccountRow, PersonForm } from './personForm.tsx'
import { useAccountTexts } from './useAccountTexts.ts'

interface LinkedIssuersProps {
  calls: AccountCalls
  info: AccountResponse
  account: Account
  Heading: 'h2' | 'h4'
  /** An issuer is linked no more. */
  onChange(): void
}

/** At which issuers the person can sign in to the account. */
export function LinkedIssuers({ calls, info, account, Heading, onChange }: LinkedIssuersProps) {
  const t = useAccountTexts()
  const [name, setName] = useState<string | null>(null)
  const [said, setSaid] = useState('')
  const place = useRef<HTMLDivElement>(null)
  const close = (text: string) => {
    setName(null)
    setSaid(text)
    requestAnimationFrame(() => place.current?.focus())
  }
  if (info.issuers.length === 0) return null
  const issuer = info.issuers.find(each => each.name === name)
  const labelled = (text: string, label: string) => text.replace('{label}', label)
  return (
    <div ref={place} tabIndex={-1} className="rounded text-left outline-offset-4">
      <Heading className="font-medium text-sm">{t.logins}</Heading>
      <p role="status" className="text-sm empty:hidden">
        {said}
      </p>
      <ul className="mt-1 divide-y divide-line">
        {info.issuers.map(each => (
          <AccountRow key={each.name} name={each.label} facts={each.isLinked ? t.linked : t.notLinked}>
            <Button
              shape="quiet"
              className={each.isLinked ? 'text-danger!' : ''}
              aria-label={labelled(each.isLinked ? t.unlinkIssuer : t.linkIssuer, each.label)}
              onClick={() => {
                setSaid('')
                setName(each.name)
              }}
            >
              {each.isLinked ? t.unlink : t.link}
            </Button>
          </AccountRow>
        ))}
      </ul>
      {issuer && !issuer.isLinked && (
        <PersonForm
          key={issuer.name}
          account={account}
          title={labelled(t.linkIssuer, issuer.label)}
          body={labelled(t.linkBody, issuer.label)}
          submit={t.link}
          send={(_, person) => calls.linkIssuer(issuer.name, person)}
          onDone={({ url }) => location.assign(url)}
          onClose={() => close('')}
        />
      )}
      {issuer?.isLinked && (
        <PersonForm
          key={issuer.name}
          account={account}
          title={labelled(t.unlinkIssuer, issuer.label)}
          submit={t.unlink}
          isDanger
          send={(_, person) => calls.unlinkIssuer(issuer.name, person)}
          onDone={() => {
            close(labelled(t.unlinked, issuer.label))
            onChange()
          }}
          onClose={() => close('')}
        />
      )}
    </div>
  )
}
