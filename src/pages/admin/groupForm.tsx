import { type FormEvent, useState } from 'react'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type { AdminGroup, GroupLimits } from '../../protocol/admin/adminResponses.ts'
import { MAX_GROUP_NAME } from '../../protocol/limits.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { FIELD, Problems } from './adminParts.tsx'
import { callAdmin } from './useAdminData.ts'
import { useAdminTexts } from './useAdminTexts.ts'

const TOGETHER = ['budget', 'tokenBudget'] as const
const EACH = ['runsAtOnce', 'messagesPerDay', 'tokensPerDay', 'personBudget', 'personTokenBudget'] as const
/** The limits of a group, in the order in which they are shown. */
export const LIMIT_FIELDS = [...TOGETHER, ...EACH] as const satisfies readonly (keyof GroupLimits)[]

interface GroupFormProps {
  /** `null`: a new one. */
  group: AdminGroup | null
  currency: string
  onSaved(): void
  onClose(): void
}

/** Makes a group, or changes it. An empty field sets no limit. */
export function GroupForm({ group, currency, onSaved, onClose }: GroupFormProps) {
  const texts = useAdminTexts()
  const [failure, setFailure] = useState<Failure | null>(null)
  const [problems, setProblems] = useState<readonly string[]>([])
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const result = await callAdmin({
      method: group ? 'PATCH' : 'POST',
      path: group ? ADMIN_PATHS.group(group.id) : ADMIN_PATHS.groups,
      body: bodyOf(new FormData(event.currentTarget)),
    })
    setFailure(result.ok || result.issues.length > 0 ? null : result.failure)
    setProblems(result.issues)
    if (result.ok) onSaved()
  }
  const fields = { limits: group?.limits ?? null, currency }
  return (
    <form className="mt-2" onSubmit={save}>
      <label className="text-sm">
        {texts.groupName}
        <input
          name="name"
          required
          maxLength={MAX_GROUP_NAME}
          defaultValue={group?.name ?? ''}
          autoComplete="off"
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for the form
          autoFocus
          className={FIELD}
        />
      </label>
      <LimitFields legend={texts.together} names={TOGETHER} {...fields} />
      <LimitFields legend={texts.forEach} names={EACH} {...fields} />
      <p className="mt-2 text-muted text-sm">{texts.emptyField}</p>
      <FailureNote failure={failure} />
      <Problems problems={problems} />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button shape="primary" type="submit">
          {texts.save}
        </Button>
        <Button shape="quiet" onClick={onClose}>
          {texts.close}
        </Button>
      </div>
    </form>
  )
}

interface LimitFieldsProps {
  legend: string
  names: readonly (keyof GroupLimits)[]
  limits: GroupLimits | null
  currency: string
}

function LimitFields({ legend, names, limits, currency }: LimitFieldsProps) {
  const texts = useAdminTexts()
  const isMoney = (name: keyof GroupLimits) => name === 'budget' || name === 'personBudget'
  return (
    <fieldset className="mt-4">
      <legend className="mb-1 font-medium text-sm">{legend}</legend>
      <div className="grid gap-x-4 gap-y-2 sm:grid-cols-2">
        {names.map(name => (
          <label key={name} className="text-sm">
            {texts.groupFields[name]}
            {isMoney(name) && ` (${currency})`}
            <input
              name={name}
              type="number"
              min={isMoney(name) ? '0.000001' : '1'}
              step={isMoney(name) ? 'any' : '1'}
              defaultValue={limits?.[name] ?? ''}
              className={FIELD}
            />
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function bodyOf(fields: FormData) {
  const limits = Object.fromEntries(
    LIMIT_FIELDS.map(name => {
      const text = String(fields.get(name) ?? '')
      return [name, text === '' ? null : Number(text)]
    }),
  )
  return { name: fields.get('name'), limits }
}
