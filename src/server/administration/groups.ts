import type { ChangeGroupRequest, MakeGroupRequest } from '../../protocol/admin/adminRequests.ts'
import type {
  AdminGroup,
  AdminGroupResponse,
  AdminGroupsResponse,
  GroupLimits,
} from '../../protocol/admin/adminResponses.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { MAX_GROUPS } from '../../protocol/limits.ts'
import type { Assistant } from '../config/assistant.ts'
import type { LimitName, SpendingLimits } from '../config/spendingLimits.ts'
import type { GroupRow } from '../database/accounts/accountRows.ts'
import {
  countGroups,
  countMembers,
  deleteGroup,
  findGroup,
  type GroupLimitsRow,
  insertGroup,
  isGroupNameTaken,
  listGroups,
  updateGroup,
} from '../database/accounts/groups.ts'
import { writeAuditLine } from '../database/administration/audit.ts'
import type { Database } from '../database/database.ts'
import type { Queries, SpendingSumRow } from '../database/schema.ts'
import { readGroupSums } from '../database/spending.ts'
import { microsOf, moneyOf } from '../spending/estimates.ts'
import { monthOf, nextMonth } from '../spending/periods.ts'

export interface GroupsOptions {
  database: Pick<Database, 'queries' | 'write'>
  currency: string
  /** What is wrong with limits, with these assistants. */
  problemsOf: (limits: SpendingLimits, assistants: readonly Assistant[]) => string[]
  /** The list that everybody reads. */
  assistants: readonly Assistant[]
  /** Waits until what has ended is counted. */
  settled: () => Promise<void>
  createId: () => string
  /** The time of day. */
  now: () => number
  /** The time that all nodes share. */
  steadyTime: () => number
}

/** The column of each limit. Columns of money count in millionths. */
const COLUMNS = {
  runsAtOnce: 'runs_at_once',
  messagesPerDay: 'messages_per_day',
  tokensPerDay: 'tokens_per_day',
  personBudget: 'person_micros',
  personTokenBudget: 'person_tokens',
  budget: 'micros',
  tokenBudget: 'tokens',
} as const satisfies Record<LimitName, keyof GroupLimitsRow>
const NAMES = Object.keys(COLUMNS) as LimitName[]
const IN_MONEY: readonly LimitName[] = ['budget', 'personBudget']

/** Groups of accounts, each change with its line of the audit. */
export function createGroups(options: GroupsOptions) {
  const { database, currency, problemsOf, assistants, settled, createId, now, steadyTime } = options

  async function list(): Promise<AdminGroupsResponse> {
    await settled()
    const { queries } = database
    const period = monthOf(steadyTime())
    const [rows, members, sums] = await Promise.all([
      listGroups(queries),
      countMembers(queries),
      readGroupSums(queries, period),
    ])
    const groups = rows.map(row => toGroup(row, { members: members.get(row.id), sum: sums.get(row.id) }))
    return { groups, currency, resetsAt: nextMonth(steadyTime()) }
  }

  function toGroup(
    row: GroupRow,
    { members = 0, sum }: { members?: number | undefined; sum?: SpendingSumRow | undefined },
  ): AdminGroup {
    const limits = limitsOf(row)
    return {
      id: row.id,
      name: row.name,
      members,
      limits,
      used: { amount: moneyOf(sum?.micros ?? 0), tokens: sum?.tokens ?? 0 },
      reserved: { amount: moneyOf(sum?.reserved_micros ?? 0), tokens: sum?.reserved_tokens ?? 0 },
      problems: problemsOf(setLimits(limits), assistants),
    }
  }

  /** Throws `INVALID_REQUEST` if a budget cannot be kept, `GROUP_NAME_TAKEN`, `TOO_MANY_GROUPS`. */
  async function make(actorId: string, { name, limits }: MakeGroupRequest): Promise<AdminGroupResponse> {
    const row: GroupRow = { ...NOTHING_SET, ...columnsOf(limits), id: createId(), name, created_at: now() }
    requireKept(row)
    await database.write('power', async queries => {
      if ((await countGroups(queries)) >= MAX_GROUPS) throw new RiachoError('TOO_MANY_GROUPS')
      if (!(await insertGroup(queries, row))) throw new RiachoError('GROUP_NAME_TAKEN')
      await audit(queries, { actorId, action: 'group-make', subject: name, detail: toldLimits(limits) })
    })
    return { group: toGroup(row, {}) }
  }

  /** Throws `NOT_FOUND`, and what `make` throws. */
  async function change(
    actorId: string,
    id: string,
    { name, limits = {} }: ChangeGroupRequest,
  ): Promise<AdminGroupResponse> {
    const row = await database.write('power', async queries => {
      if (name !== undefined && (await isGroupNameTaken(queries, { name, exceptId: id })))
        throw new RiachoError('GROUP_NAME_TAKEN')
      const known = await requireGroup(queries, id)
      await updateGroup(queries, id, { name: name ?? known.name, ...columnsOf(limits) })
      const changed = await requireGroup(queries, id)
      requireKept(changed)
      const told = [...(name === undefined || name === known.name ? [] : [name]), toldLimits(limits)]
      const detail = told.filter(Boolean).join(', ')
      await audit(queries, { actorId, action: 'group-change', subject: known.name, detail })
      return changed
    })
    const [members, sums] = await Promise.all([
      countMembers(database.queries),
      readGroupSums(database.queries, monthOf(steadyTime())),
    ])
    return { group: toGroup(row, { members: members.get(id), sum: sums.get(id) }) }
  }

  /** Its accounts have no group from then on. Throws `NOT_FOUND`. */
  async function remove(actorId: string, id: string): Promise<void> {
    await database.write('power', async queries => {
      const { name } = await requireGroup(queries, id)
      await deleteGroup(queries, id)
      await audit(queries, { actorId, action: 'group-delete', subject: name })
    })
  }

  function requireKept(row: GroupRow): void {
    const issues = problemsOf(setLimits(limitsOf(row)), assistants)
    if (issues.length > 0) throw new RiachoError('INVALID_REQUEST', 'a budget cannot be kept', { issues })
  }

  const audit = (queries: Queries, line: Omit<Parameters<typeof writeAuditLine>[1], 'at'>) =>
    writeAuditLine(queries, { ...line, at: steadyTime() })

  return { list, make, change, remove }
}

const NOTHING_SET: GroupLimitsRow = {
  runs_at_once: null,
  messages_per_day: null,
  tokens_per_day: null,
  person_micros: null,
  person_tokens: null,
  micros: null,
  tokens: null,
}

async function requireGroup(queries: Queries, id: string): Promise<GroupRow> {
  const group = await findGroup(queries, id)
  if (!group) throw new RiachoError('NOT_FOUND', 'no such group')
  return group
}

type GivenLimits = MakeGroupRequest['limits']

/** The columns that a request changes. */
function columnsOf(limits: GivenLimits): Partial<GroupLimitsRow> {
  const columns: Partial<GroupLimitsRow> = {}
  for (const name of NAMES) {
    const value = limits[name]
    if (value === undefined) continue
    columns[COLUMNS[name]] = value !== null && IN_MONEY.includes(name) ? microsOf(value) : value
  }
  return columns
}

function limitsOf(row: GroupRow): GroupLimits {
  const limitOf = (name: LimitName) => {
    const value = row[COLUMNS[name]]
    return value !== null && IN_MONEY.includes(name) ? moneyOf(value) : value
  }
  return Object.fromEntries(NAMES.map(name => [name, limitOf(name)])) as unknown as GroupLimits
}

/** Only the limits that are set. */
function setLimits(limits: GroupLimits): SpendingLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null))
}

/** As the audit tells them: `budget=50, runsAtOnce=none`. */
function toldLimits(limits: GivenLimits): string {
  return NAMES.flatMap(name => (limits[name] === undefined ? [] : `${name}=${limits[name] ?? 'none'}`)).join(
    ', ',
  )
}
