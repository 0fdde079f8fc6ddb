import { useRef, useState } from 'react'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type { AdminGroup, AdminGroupsResponse, GroupLimits } from '../../protocol/admin/adminResponses.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { AskedButton, Empty, Loaded, Problems, UsedBar } from './adminParts.tsx'
import { GroupForm, LIMIT_FIELDS } from './groupForm.tsx'
import { callAdmin, useAdminData } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** Groups of accounts, with their limits and budgets. */
export function Groups() {
  const texts = useAdminTexts()
  const data = useAdminData<AdminGroupsResponse>(ADMIN_PATHS.groups)
  const [opened, setOpened] = useState<string | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [said, setSaid] = useState('')
  const status = useRef<HTMLParagraphElement>(null)
  const remove = async (id: string) => {
    setSaid('')
    const result = await callAdmin({ method: 'DELETE', path: ADMIN_PATHS.group(id) })
    setFailure(result.ok ? null : result.failure)
    if (result.ok) setSaid(texts.changed)
    data.read()
  }
  const saved = () => {
    setOpened(null)
    setSaid(texts.changed)
    // The pressed button goes with its form.
    status.current?.focus()
    data.read()
  }
  return (
    <>
      <p className="mt-1 text-muted">{texts.groupsBody}</p>
      <p ref={status} tabIndex={-1} role="status" className="mt-2 min-h-6 text-sm">
        {said}
      </p>
      <FailureNote failure={failure} />
      <Loaded data={data}>
        {({ groups, currency, resetsAt }) => (
          <>
            {groups.length === 0 && <Empty>{texts.noGroups}</Empty>}
            <ul className="space-y-2">
              {groups.map(group => (
                <li key={group.id} className="rounded-xl border border-line bg-surface px-4 py-3">
                  <Group group={group} currency={currency} resetsAt={resetsAt} />
                  <div className="-mx-2.5 mt-1 flex flex-wrap">
                    <Button
                      shape="quiet"
                      aria-expanded={opened === group.id}
                      aria-label={`${texts.edit}: ${group.name}`}
                      onClick={() => setOpened(opened === group.id ? null : group.id)}
                    >
                      {texts.edit}
                    </Button>
                    <AskedButton
                      text={texts.deleteGroup}
                      sure={texts.deleteGroupSure}
                      about={group.name}
                      isDanger
                      onSure={() => remove(group.id)}
                    />
                  </div>
                  {opened === group.id && (
                    <GroupForm
                      group={group}
                      currency={currency}
                      onSaved={saved}
                      onClose={() => setOpened(null)}
                    />
                  )}
                </li>
              ))}
            </ul>
            {opened === 'new' ? (
              <div className="mt-4 rounded-xl border border-line bg-surface px-4 py-3">
                <GroupForm group={null} currency={currency} onSaved={saved} onClose={() => setOpened(null)} />
              </div>
            ) : (
              <Button shape="primary" className="mt-4" onClick={() => setOpened('new')}>
                {texts.newGroup}
              </Button>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

interface GroupProps {
  group: AdminGroup
  currency: string
  resetsAt: number
}

function Group({
  group: { name, members, limits, used, reserved, problems },
  currency,
  resetsAt,
}: GroupProps) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const money = (value: number) => format.money(value, currency)
  const isMoney = (field: keyof GroupLimits) => field === 'budget' || field === 'personBudget'
  const said = LIMIT_FIELDS.flatMap(field => {
    const limit = limits[field]
    if (limit === null) return []
    return `${texts.groupFields[field]}: ${isMoney(field) ? money(limit) : format.number(limit)}`
  })
  const budgets = [
    { key: 'budget', limit: limits.budget, used: used.amount, reserved: reserved.amount, write: money },
    {
      key: 'tokens',
      limit: limits.tokenBudget,
      used: used.tokens,
      reserved: reserved.tokens,
      write: format.number,
    },
  ]
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 dir="auto" className="min-w-0 break-words font-semibold">
          {name}
        </h2>
        <p className="text-muted text-sm">
          <a
            href="/admin/people"
            className="inline-flex h-10 pointer-coarse:h-11 items-center underline underline-offset-2"
          >
            {texts.members(members)}
          </a>
        </p>
      </div>
      <p className="text-muted text-sm">{said.length === 0 ? texts.noGroupLimits : said.join(' · ')}</p>
      {budgets.map(
        ({ key, limit, used, reserved, write }) =>
          limit !== null && (
            <div key={key}>
              <UsedBar used={used} limit={limit} />
              <p className="mt-1 text-sm">
                {texts.used(write(used), write(limit))} {reserved > 0 && texts.reserved(write(reserved))}{' '}
                {texts.resets(format.date(resetsAt))}
              </p>
            </div>
          ),
      )}
      <Problems problems={problems} />
    </>
  )
}
