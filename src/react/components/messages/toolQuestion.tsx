import { ExternalLink } from 'lucide-react'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { ApiResult, Failure } from '../../../client/api.ts'
import {
  type FieldValue,
  type FieldValues,
  problemOf,
  type Question,
  type QuestionField,
} from '../../../protocol/questions.ts'
import { OUTSIDE, safeUrl } from '../../markdown/links.ts'
import { useLatestCallback } from '../../useLatestCallback.ts'
import { Button } from '../controls/button.tsx'
import { FailureNote } from './failureNote.tsx'
import type { Answer, Choices } from './useChoices.ts'

interface ToolQuestionProps {
  question: Question
  /** What people read as the name of whoever asks. */
  server: string
  choices: Choices
}

/** What a tool asks a person: to sign in, for values, or to go somewhere. What it says is drawn as text. */
export function ToolQuestion({ question, server, choices }: ToolQuestionProps) {
  const t = useTranslations()
  const id = useId()
  const [failure, setFailure] = useState<Failure | null>(null)
  const { questionId, mode, message } = question
  const isAnswered = choices.answered[questionId] !== undefined
  const answer = async (rest: Omit<Answer, 'questionId'>) => {
    setFailure(null)
    const result = await choices.answer({ questionId, ...rest })
    if (!result.ok) setFailure(result.failure)
  }
  const common = { question, server, answer, isAnswered }
  return (
    <section aria-labelledby={id} className="space-y-3">
      <h3 id={id} className="font-medium">
        {t(mode === 'sign-in' ? 'question.signIn' : 'question.asks', { server })}
      </h3>
      {message !== '' && (
        <p dir="auto" className="whitespace-pre-wrap break-words">
          {message}
        </p>
      )}
      {mode === 'sign-in' && <SignIn {...common} choices={choices} onFailure={setFailure} />}
      {mode === 'form' && <Form {...common} />}
      {mode === 'url' && <Address {...common} />}
      <FailureNote failure={failure} />
      {isAnswered && <p className="text-muted">{t('question.kept')}</p>}
    </section>
  )
}

interface AskedProps {
  question: Question
  server: string
  answer(rest: Omit<Answer, 'questionId'>): Promise<void>
  isAnswered: boolean
}

interface SignInProps extends AskedProps {
  choices: Choices
  onFailure(failure: Failure | null): void
}

/** The person signs in in another tab. When it is done, the reply goes on by itself as soon as the person is back. */
function SignIn({ question: { questionId }, server, answer, isAnswered, choices, onFailure }: SignInProps) {
  const t = useTranslations()
  const [url, setUrl] = useState('')
  const [isAsking, setAsking] = useState(false)
  /** When the person signed in before, so that another time says that it is done. */
  const before = useRef<number | null>(null)
  const begin = async () => {
    if (isAsking) return
    setAsking(true)
    onFailure(null)
    before.current = signedInAt(await choices.readToolServers(), server)
    const result = await choices.beginSignIn(questionId)
    setAsking(false)
    if (!result.ok) return onFailure(result.failure)
    const address = safeUrl(result.value.url)
    setUrl(address)
    if (address !== '') window.open(address, '_blank', 'noopener,noreferrer')
  }
  const isLooking = useRef(false)
  useWhenBack(url !== '' && !isAnswered, async () => {
    // To come back is often two events.
    if (isLooking.current) return
    isLooking.current = true
    const now = signedInAt(await choices.readToolServers(), server)
    if (now !== null && now !== before.current) await answer({ action: 'accept' })
    isLooking.current = false
  })
  return (
    <>
      {url !== '' && <p role="status">{t('question.opened', { host: hostOf(url) })}</p>}
      <div className="flex flex-wrap items-center gap-2">
        {url === '' ? (
          <Button shape="primary" className="text-sm" aria-busy={isAsking} onClick={begin}>
            {t('question.signInAt', { server })}
            <ExternalLink aria-hidden className="size-4" />
          </Button>
        ) : (
          <>
            <Button shape="primary" className="text-sm" onClick={() => answer({ action: 'accept' })}>
              {t('question.signedIn')}
            </Button>
            <OutsideLink url={url} />
          </>
        )}
        <Button shape="quiet" onClick={() => answer({ action: 'decline' })}>
          {t('tool.decline')}
        </Button>
      </div>
    </>
  )
}

function signedInAt(
  result: ApiResult<{ servers: { name: string; signedInAt: number | null }[] }>,
  server: string,
) {
  if (!result.ok) return null
  return result.value.servers.find(({ name }) => name === server)?.signedInAt ?? null
}

/** Calls back each time the person comes back to this tab. */
function useWhenBack(isWaiting: boolean, onBack: () => void): void {
  const tell = useLatestCallback(onBack)
  useEffect(() => {
    if (!isWaiting) return
    const back = () => {
      if (document.visibilityState === 'visible') tell()
    }
    document.addEventListener('visibilitychange', back)
    window.addEventListener('focus', back)
    return () => {
      document.removeEventListener('visibilitychange', back)
      window.removeEventListener('focus', back)
    }
  }, [isWaiting, tell])
}

/** A link that says to which host it leads. */
function OutsideLink({ url }: { url: string }) {
  const t = useTranslations()
  return (
    <a
      href={url}
      {...OUTSIDE}
      className="inline-flex min-h-10 items-center gap-1.5 break-all text-accent underline underline-offset-2 pointer-coarse:min-h-11"
    >
      {t('question.goTo', { host: hostOf(url) })}
      <ExternalLink aria-hidden className="size-4 shrink-0" />
    </a>
  )
}

function hostOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}

function Address({ question: { url = '' }, answer }: AskedProps) {
  const t = useTranslations()
  const address = safeUrl(url)
  return (
    <>
      {address !== '' && (
        <p>
          <OutsideLink url={address} />
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button shape="primary" className="text-sm" onClick={() => answer({ action: 'accept' })}>
          {t('question.done')}
        </Button>
        <OtherAnswers answer={answer} />
      </div>
    </>
  )
}

function OtherAnswers({ answer }: Pick<AskedProps, 'answer'>) {
  const t = useTranslations()
  return (
    <>
      <Button shape="secondary" className="text-sm" onClick={() => answer({ action: 'decline' })}>
        {t('tool.decline')}
      </Button>
      <Button shape="quiet" onClick={() => answer({ action: 'cancel' })}>
        {t('question.cancel')}
      </Button>
    </>
  )
}

function Form({ question: { fields = [] }, answer }: AskedProps) {
  const t = useTranslations()
  const [values, setValues] = useState<FieldValues>(() => presetsOf(fields))
  /** How often the person has tried to send what was wrong. */
  const [tries, setTries] = useState(0)
  const form = useRef<HTMLFormElement>(null)
  const isWrong = (field: QuestionField) => problemOf(field, values[field.name]) !== undefined
  const send = async (event: FormEvent) => {
    event.preventDefault()
    if (fields.some(isWrong)) setTries(tries + 1)
    else await answer({ action: 'accept', values })
  }
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [tries])
  const change = (name: string, value: FieldValue | undefined) =>
    setValues(({ [name]: _, ...others }) => (value === undefined ? others : { ...others, [name]: value }))
  return (
    <form ref={form} noValidate onSubmit={send} className="space-y-4">
      {fields.map(field => (
        <Field
          key={field.name}
          field={field}
          value={values[field.name]}
          isWrong={tries > 0 && isWrong(field)}
          onChange={value => change(field.name, value)}
        />
      ))}
      <p className="text-muted text-xs">{t('question.whoReads')}</p>
      <div className="flex flex-wrap items-center gap-2">
        <Button shape="primary" className="text-sm" type="submit">
          {t('question.send')}
        </Button>
        <OtherAnswers answer={answer} />
      </div>
    </form>
  )
}

/** What is sent if the person changes nothing. A box that nobody ticks is an answer. */
function presetsOf(fields: readonly QuestionField[]): FieldValues {
  const given = fields.flatMap(({ name, kind, default: preset }) => {
    if (preset !== undefined) return [[name, preset] as const]
    return kind === 'boolean' ? [[name, false] as const] : []
  })
  return Object.fromEntries(given)
}

interface FieldProps {
  field: QuestionField
  value: FieldValue | undefined
  isWrong: boolean
  onChange(value: FieldValue | undefined): void
}

const BOX =
  'mt-1 block w-full rounded-lg border border-line-strong bg-bg px-3 text-base aria-invalid:border-danger'

function Field({ field, value, isWrong, onChange }: FieldProps) {
  const t = useTranslations()
  const id = useId()
  const { label, description, kind, isRequired, options = [] } = field
  const told = [description && `${id}-told`, isWrong && `${id}-wrong`].filter(Boolean).join(' ')
  const attributes = {
    id,
    'aria-describedby': told === '' ? undefined : told,
    'aria-invalid': isWrong || undefined,
    'aria-required': isRequired || undefined,
  }
  const name = (
    <span dir="auto">
      {label}
      {!isRequired && kind !== 'boolean' && <span className="text-muted"> {t('question.optional')}</span>}
    </span>
  )
  const notes = (
    <>
      {description !== undefined && (
        <p id={`${id}-told`} dir="auto" className="mt-1 text-muted text-xs">
          {description}
        </p>
      )}
      {isWrong && (
        <p id={`${id}-wrong`} className="text-danger">
          {t('question.wrong')}
        </p>
      )}
    </>
  )
  if (kind === 'choices')
    return (
      <fieldset aria-describedby={attributes['aria-describedby']}>
        <legend>{name}</legend>
        <Ticks field={field} value={value} isWrong={isWrong} onChange={onChange} />
        {notes}
      </fieldset>
    )
  if (kind === 'boolean')
    return (
      <div>
        <label className="flex min-h-10 cursor-pointer items-center gap-2 pointer-coarse:min-h-11">
          <input
            {...attributes}
            type="checkbox"
            checked={value === true}
            onChange={event => onChange(event.target.checked)}
            className="size-5 accent-accent"
          />
          {name}
        </label>
        {notes}
      </div>
    )
  return (
    <div>
      <label htmlFor={id}>{name}</label>
      {kind === 'choice' ? (
        <select
          {...attributes}
          value={typeof value === 'string' ? value : ''}
          onChange={event => onChange(event.target.value || undefined)}
          className={`${BOX} h-11`}
        >
          <option value="">{t('question.choose')}</option>
          {options.map(option => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : (
        <Box attributes={attributes} field={field} value={value} onChange={onChange} />
      )}
      {notes}
    </div>
  )
}

const INPUT_TYPES = {
  text: 'text',
  email: 'email',
  uri: 'url',
  date: 'date',
  'date-time': 'datetime-local',
  number: 'number',
  integer: 'number',
} as const

interface BoxProps extends Pick<FieldProps, 'field' | 'onChange'> {
  attributes: object
  value: FieldValue | undefined
}

/** One line of text, a number or a time. What is typed is kept as typed, because half a number is none. */
function Box({ attributes, field: { kind, most }, value, onChange }: BoxProps) {
  const [typed, setTyped] = useState(() => typedOf(kind, value))
  const isNumber = kind === 'number' || kind === 'integer'
  const change = (text: string) => {
    setTyped(text)
    if (text === '') onChange(undefined)
    else if (isNumber) onChange(Number(text))
    else onChange(kind === 'date-time' ? new Date(text).toJSON() : text)
  }
  return (
    <input
      {...attributes}
      type={INPUT_TYPES[kind as keyof typeof INPUT_TYPES]}
      autoComplete="off"
      {...(isNumber && { step: kind === 'integer' ? 1 : 'any' })}
      {...(!isNumber && most !== undefined && { maxLength: most })}
      value={typed}
      onChange={event => change(event.target.value)}
      className={`${BOX} h-11`}
    />
  )
}

/** A field for a time knows no zone. */
function typedOf(kind: QuestionField['kind'], value: FieldValue | undefined): string {
  if (value === undefined) return ''
  if (kind !== 'date-time') return String(value)
  const date = new Date(String(value))
  if (Number.isNaN(date.getTime())) return ''
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toJSON().slice(0, 16)
}

function Ticks({ field: { options = [] }, value, isWrong, onChange }: FieldProps) {
  const ticked = Array.isArray(value) ? value : []
  return (
    <div className="mt-1 flex flex-wrap gap-x-4">
      {options.map(option => (
        <label
          key={option.value}
          className="flex min-h-10 cursor-pointer items-center gap-2 pointer-coarse:min-h-11"
        >
          <input
            type="checkbox"
            aria-invalid={isWrong || undefined}
            checked={ticked.includes(option.value)}
            onChange={event => {
              const others = ticked.filter(each => each !== option.value)
              const next = event.target.checked ? [...others, option.value] : others
              onChange(next.length === 0 ? undefined : next)
            }}
            className="size-5 accent-accent"
          />
          <span dir="auto">{option.label}</span>
        </label>
      ))}
    </div>
  )
}
