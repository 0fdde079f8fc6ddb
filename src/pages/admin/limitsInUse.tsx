import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type { AdminLimit, AdminLimitsResponse } from '../../protocol/admin/adminResponses.ts'
import { Empty, Loaded, UsedBar } from './adminParts.tsx'
import { useAdminData } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** The limits that are set. */
export function LimitsInUse() {
  const texts = useAdminTexts()
  const data = useAdminData<AdminLimitsResponse>(ADMIN_PATHS.limits)
  return (
    <>
      <p className="mt-1 text-muted">{texts.limitsBody}</p>
      <Loaded data={data}>
        {({ limits }) =>
          limits.length === 0 ? <Empty>{texts.noLimits}</Empty> : <LimitRows limits={limits} />
        }
      </Loaded>
    </>
  )
}

export function LimitRows({ limits }: { limits: readonly AdminLimit[] }) {
  return (
    <ul className="mt-3 space-y-2">
      {limits.map(limit => (
        <LimitRow key={`${limit.setting} ${limit.bounds}`} limit={limit} />
      ))}
    </ul>
  )
}

function LimitRow({
  limit: { setting, bounds, limit, used, reserved, resetsAt, currency },
}: {
  limit: AdminLimit
}) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const amount = (value: number) => (currency ? format.money(value, currency) : format.number(value))
  const name = (texts.settings as Record<string, string>)[setting] ?? setting
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <p className="font-medium">{name}</p>
        <p className="font-semibold tabular-nums">{limit === null ? texts.noneSet : amount(limit)}</p>
      </div>
      <p className="break-words text-muted text-sm">
        {texts.bounds[bounds]} · <code>{setting}</code>
      </p>
      {used !== null && limit !== null && (
        <>
          <UsedBar used={used} limit={limit} />
          <p className="mt-1 text-sm">
            {texts.used(amount(used), amount(limit))} {reserved ? texts.reserved(amount(reserved)) : ''}{' '}
            {resetsAt !== null && texts.resets(format.date(resetsAt))}
          </p>
        </>
      )}
    </li>
  )
}
