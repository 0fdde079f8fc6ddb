import type { Generated } from 'kysely'
import type { AuditAction } from '../../../protocol/admin/adminResponses.ts'
import type { RunErrorCode } from '../../../protocol/errors.ts'
import type { EndStatus } from '../../../protocol/events.ts'

/** A run that has ended and is not yet in the figures. A trigger stores it. */
export interface EndedRunFigureRow {
  number: Generated<number>
  /** `null` once the owner is erased. */
  owner_id: string | null
  status: EndStatus
  code: RunErrorCode | null
  usage: string | null
  timing: string | null
  cost: string | null
  ended_at: number
}

/** The sum of one figure over the runs that ended in a day. */
export interface DayFigureRow {
  /** In UTC, as `2026-11-29`. */
  day: string
  /** As `figureNames.ts` makes it. */
  name: string
  amount: number
}

/** What the runs of an owner that ended in a month have used. */
export interface OwnerMonthRow {
  owner_id: string
  /** In UTC, as `2026-11`. */
  month: string
  runs: number
  tokens: number
  /** Millionths of the currency. */
  micros: number
}

/** Something that an administrator did. No row of this table is ever changed or deleted. */
export interface AuditRow {
  number: Generated<number>
  at: number
  /** The account. `null`: a command of the operator. */
  actor_id: string | null
  action: AuditAction
  /** On whom, or on what: the id of an owner, or of an assistant. */
  subject: string
  /** What it was and what it became, in a word. */
  detail: string | null
}
