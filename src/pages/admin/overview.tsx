import { ADMIN_PATHS, OVERVIEW_RANGES, type OverviewRange } from '../../protocol/admin/adminPaths.ts'
import type {
  AdminLimitsResponse,
  AdminNode,
  AdminOverviewResponse,
} from '../../protocol/admin/adminResponses.ts'
import { DataTable, Empty, Loaded, Part } from './adminParts.tsx'
import { BarChart } from './barChart.tsx'
import { LimitRows } from './limitsInUse.tsx'
import { useAdminData } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** What the runs of the last days did, and what happens now. */
export function Overview() {
  const texts = useAdminTexts()
  const asked = new URLSearchParams(location.search).get('days')
  const days = OVERVIEW_RANGES.find(each => each === asked) ?? '1'
  const overview = useAdminData<AdminOverviewResponse>(ADMIN_PATHS.overview(days))
  const limits = useAdminData<AdminLimitsResponse>(ADMIN_PATHS.limits)
  const budgets = limits.value?.limits.filter(({ bounds }) => bounds === 'all') ?? []
  return (
    <>
      <Ranges chosen={days} />
      <Loaded data={overview}>{value => <Figures overview={value} />}</Loaded>
      {budgets.length > 0 && (
        <Part title={texts.budgets}>
          <LimitRows limits={budgets} />
        </Part>
      )}
    </>
  )
}

function Ranges({ chosen }: { chosen: OverviewRange }) {
  const texts = useAdminTexts()
  return (
    <nav aria-label={texts.range} className="mt-4 flex flex-wrap items-center gap-1">
      {OVERVIEW_RANGES.map(days => (
        <a
          key={days}
          href={`/admin?days=${days}`}
          aria-current={days === chosen ? 'true' : undefined}
          className="inline-flex min-h-10 pointer-coarse:min-h-11 items-center rounded-full border border-line bg-surface px-4 text-sm hover:bg-subtle aria-[current]:border-accent aria-[current]:bg-accent-soft aria-[current]:font-medium"
        >
          {texts.ranges[days]}
        </a>
      ))}
      <span className="ml-2 text-muted text-sm">{texts.inUtc}</span>
    </nav>
  )
}

function Figures({ overview }: { overview: AdminOverviewResponse }) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const { runs, tokens, cost, firstToken, active, failures, days, nodes } = overview
  const { figures } = texts
  const all = runs.completed + runs.paused + runs.stopped + runs.failed + runs.interrupted
  const tiles: [name: string, value: string][] = [
    [figures.runs, format.number(all)],
    [figures.completed, format.number(runs.completed)],
    [figures.stopped, format.number(runs.stopped)],
    [figures.failed, format.number(runs.failed)],
    [figures.paused, format.number(runs.paused)],
    [figures.interrupted, format.number(runs.interrupted)],
    [figures.input, format.number(tokens.input)],
    [figures.output, format.number(tokens.output)],
    [figures.cost, format.money(cost.amount, cost.currency)],
    [figures.firstHalf, firstToken ? format.seconds(firstToken.p50) : texts.none],
    [figures.firstMost, firstToken ? format.seconds(firstToken.p95) : texts.none],
    [figures.activeRuns, format.number(active.runs)],
    [figures.readers, format.number(active.readers)],
  ]
  return (
    <>
      <dl className="mt-4 grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-4">
        {tiles.map(([name, value]) => (
          <div key={name} className="rounded-xl border border-line bg-surface px-4 py-3">
            <dt className="text-muted text-sm">{name}</dt>
            <dd className="font-semibold text-xl tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {days.length > 1 && (
        <Part title={texts.repliesADay}>
          <BarChart days={days} />
        </Part>
      )}
      <Part title={texts.failures}>
        {failures.length === 0 ? (
          <Empty>{texts.noFailures}</Empty>
        ) : (
          <DataTable
            caption={texts.failures}
            head={[texts.code, figures.runs]}
            rows={failures.map(({ code, runs }) => ({ key: code, cells: [code, format.number(runs)] }))}
          />
        )}
      </Part>
      {nodes.length > 0 && <Nodes nodes={nodes} />}
    </>
  )
}

function Nodes({ nodes }: { nodes: readonly AdminNode[] }) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  return (
    <Part title={texts.nodes}>
      <DataTable
        caption={texts.nodes}
        head={[texts.node, texts.version, texts.address, texts.beat, texts.activeOnNode]}
        rows={nodes.map(({ id, isThis, version, address, beatAgo, activeRuns }) => ({
          key: id,
          cells: [
            `${id.slice(0, 8)}${isThis ? ` (${texts.thisNode})` : ''}`,
            version,
            address ?? texts.none,
            format.seconds(beatAgo),
            format.number(activeRuns),
          ],
        }))}
      />
    </Part>
  )
}
