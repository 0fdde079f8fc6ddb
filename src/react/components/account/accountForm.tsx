import {
  type FormEvent,
  type HTMLInputAutoCompleteAttribute,
  type ReactNode,
  useId,
  useRef,
  useState,
} from 'react'
import type { ApiResult, Failure } from '../../../client/api.ts'
import { MAX_ACCOUNT_NAME, MAX_EMAIL, MAX_PASSWORD, MIN_PASSWORD } from '../../../protocol/limits.ts'
import type { AccountTexts } from '../../i18n/accountTexts.ts'
import { Button } from '../controls/button.tsx'
import { useFailureText } from '../controls/useFailureText.ts'
import { useAccountTexts } from './useAccountTexts.ts'

export type FieldName = 'email' | 'name' | 'current' | 'password'
export type FieldValues = Record<FieldName, string>

/** A field of a form about accounts. */
export interface AccountField {
  name: FieldName
  label: string
  type: 'email' | 'text' | 'password'
  autoComplete: HTMLInputAutoCompleteAttribute
  hint?: string
  isOptional?: boolean
}

/** The fields that forms are made of. */
export function accountFields(t: AccountTexts) {
  const field = (given: AccountField) => given
  return {
    /** `username`, because password managers keep the address as the name of who signs in. */
    email: field({ name: 'email', label: t.email, type: 'email', autoComplete: 'username' }),
    newEmail: field({ name: 'email', label: t.newEmail, type: 'email', autoComplete: 'email' }),
    name: field({
      name: 'name',
      label: t.nameOptional,
      type: 'text',
      autoComplete: 'name',
      isOptional: true,
    }),
    current: field({
      name: 'current',
      label: t.currentPassword,
      type: 'password',
      autoComplete: 'current-password',
    }),
    password: field({
      name: 'current',
      label: t.password,
      type: 'password',
      autoComplete: 'current-password',
    }),
    newPassword: field({
      name: 'password',
      label: t.newPassword,
      type: 'password',
      autoComplete: 'new-password',
      hint: t.passwordHint,
    }),
  }
}

interface AccountFormProps<Value> {
  fields: readonly AccountField[]
  submit: string
  isDanger?: boolean
  /** Sends what the person wrote. */
  send(values: FieldValues): Promise<ApiResult<Value>>
  onDone(value: Value, values: FieldValues): void
  /** How to say a failure, if not as everywhere. */
  describe?(failure: Failure): string | undefined
  /** Beside the button. */
  children?: ReactNode
}

/** A form whose errors stand at their fields. What the server refuses stands below, and is read out. */
export function AccountForm<Value>(props: AccountFormProps<Value>) {
  const { fields, submit, isDanger = false, send, onDone, describe, children } = props
  const t = useAccountTexts()
  const failureText = useFailureText()
  const form = useRef<HTMLFormElement>(null)
  const [values, setValues] = useState<FieldValues>({ email: '', name: '', current: '', password: '' })
  const [wrong, setWrong] = useState<Partial<FieldValues>>({})
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isSending, setSending] = useState(false)
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault()
    if (isSending) return
    setFailure(null)
    const problems = problemsOf(fields, values, t)
    setWrong(problems)
    const first = fields.find(({ name }) => problems[name])
    if (first) return form.current?.querySelector<HTMLInputElement>(`[name="${first.name}"]`)?.focus()
    setSending(true)
    const result = await send({ ...values, email: values.email.trim() })
    setSending(false)
    if (result.ok) onDone(result.value, values)
    else setFailure(result.failure)
  }
  return (
    <form ref={form} noValidate onSubmit={onSubmit} className="space-y-4 text-left">
      {fields.map((field, index) => (
        <Field
          key={field.name}
          field={field}
          isFirst={index === 0}
          value={values[field.name]}
          wrong={wrong[field.name]}
          onChange={value => {
            setValues(before => ({ ...before, [field.name]: value }))
            setWrong(before => ({ ...before, [field.name]: '' }))
          }}
        />
      ))}
      <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm empty:hidden">
        {failure && (describe?.(failure) ?? failureText(failure))}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <Button shape={isDanger ? 'danger' : 'primary'} type="submit" aria-busy={isSending}>
          {submit}
        </Button>
        {children}
      </div>
    </form>
  )
}

interface FieldProps {
  field: AccountField
  isFirst: boolean
  value: string
  wrong: string | undefined
  onChange(value: string): void
}

function Field({ field, isFirst, value, wrong, onChange }: FieldProps) {
  const t = useAccountTexts()
  const [isShown, setShown] = useState(false)
  const [id, note] = [useId(), useId()]
  const { name, label, type, autoComplete, hint, isOptional } = field
  const isPassword = type === 'password'
  return (
    <div>
      <label htmlFor={id} className="block font-medium text-sm">
        {label}
      </label>
      <input
        id={id}
        name={name}
        type={isPassword && isShown ? 'text' : type}
        value={value}
        required={!isOptional}
        // biome-ignore lint/a11y/noAutofocus: the page asks for one thing
        autoFocus={isFirst}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={
          { email: MAX_EMAIL, name: MAX_ACCOUNT_NAME, current: MAX_PASSWORD, password: MAX_PASSWORD }[name]
        }
        aria-invalid={Boolean(wrong)}
        aria-describedby={note}
        onChange={event => onChange(event.target.value)}
        className="mt-1 block h-11 w-full rounded-lg border border-line-strong bg-bg px-3 text-base text-text aria-invalid:border-danger"
      />
      <p id={note} className={`mt-1 text-sm empty:hidden ${wrong ? 'text-danger' : 'text-muted'}`}>
        {wrong || hint}
      </p>
      {isPassword && (
        <label className="mt-1 flex h-9 items-center gap-2 text-muted text-sm pointer-coarse:h-11">
          <input
            type="checkbox"
            checked={isShown}
            onChange={event => setShown(event.target.checked)}
            className="size-4 accent-accent"
          />
          {t.show}
        </label>
      )}
    </div>
  )
}

/** What is wrong with what a person wrote, by field. */
function problemsOf(
  fields: readonly AccountField[],
  values: FieldValues,
  t: AccountTexts,
): Partial<FieldValues> {
  const problems: Partial<FieldValues> = {}
  for (const { name } of fields) {
    const value = values[name]
    if (name === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim())) problems.email = t.emailWrong
    if (name === 'current' && value === '') problems.current = t.passwordMissing
    if (name === 'password' && value.length < MIN_PASSWORD) problems.password = t.passwordShort
  }
  return problems
}
