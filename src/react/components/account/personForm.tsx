import type { ReactNode } from 'react'
import type { ApiResult, Failure } from '../../../client/api.ts'
import type { PersonRequest } from '../../../protocol/accountRequests.ts'
import type { Account } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { type AccountField, AccountForm, accountFields, type FieldValues } from './accountForm.tsx'
import { useAccountTexts } from './useAccountTexts.ts'

interface PersonFormProps<Value> {
  account: Account
  title: string
  body?: string | undefined
  /** Fields before that of the password, and after it. */
  before?: readonly AccountField[]
  after?: readonly AccountField[]
  submit: string
  isDanger?: boolean
  /** `person` shows the server that it is the person of the account. */
  send(values: FieldValues, person: PersonRequest): Promise<ApiResult<Value>>
  onDone(value: Value): void
  onClose(): void
  /** How to say a failure, if not as everywhere. */
  describe?(failure: Failure): string | undefined
}

/** Asks for something that only the person of the account may do: with the password, if there is one. */
export function PersonForm<Value>(props: PersonFormProps<Value>) {
  const { account, title, body, before = [], after = [], submit, isDanger = false } = props
  const t = useAccountTexts()
  const current = account.hasPassword ? [accountFields(t).current] : []
  return (
    <div className="rounded-lg border border-line p-4">
      <p className="font-medium text-sm">{title}</p>
      {body && <p className="mt-1 text-sm">{body}</p>}
      <div className="mt-3">
        <AccountForm
          fields={[...before, ...current, ...after]}
          submit={submit}
          isDanger={isDanger}
          describe={failure => (failure === 'SIGN_IN_FAILED' ? t.passwordWrong : props.describe?.(failure))}
          send={values => props.send(values, account.hasPassword ? { password: values.current } : {})}
          onDone={props.onDone}
        >
          <Button shape="secondary" onClick={props.onClose}>
            {t.cancel}
          </Button>
        </AccountForm>
      </div>
    </div>
  )
}

/** Something of an account in a list, with a button. */
export function AccountRow({ name, facts, children }: { name: string; facts: string; children: ReactNode }) {
  return (
    <li className="flex min-h-12 items-center gap-1 py-1">
      <div className="min-w-0 flex-1 text-left text-sm">
        <p dir="auto" className="truncate" title={name}>
          {name}
        </p>
        <p className="text-muted text-xs">{facts}</p>
      </div>
      {children}
    </li>
  )
}
