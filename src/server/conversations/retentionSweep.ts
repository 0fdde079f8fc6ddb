import { setImmediate } from 'node:timers/promises'
import type { Database } from '../database/database.ts'
import {
  deleteTemporary,
  deleteUntouched,
  dueBefore,
  lookAgain,
  nextOwnerToLook,
  type RetentionRule,
} from '../database/retention.ts'
import type { OwnerRetentionRow, Queries } from '../database/schema.ts'

/** How many conversations one transaction deletes at most. */
const SLICE = 100
const HOUR = 60 * 60 * 1000
/** How soon the same owner is looked at again at the earliest, in milliseconds. */
const LOOK_INTERVAL = HOUR

export interface RetentionSweepOptions {
  database: Database
  /** The rule of the installation, if it has one. */
  rule: RetentionRule | undefined
  /** How long after their last message temporary conversations go. */
  temporaryHours: number
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
}

export function createRetentionSweep(options: RetentionSweepOptions) {
  const { database, rule, temporaryHours, steadyTime } = options

  /**
   * Deletes what is due, slice by slice. A process that dies in between leaves whole conversations, and the next sweep
   * goes on. Several nodes may sweep at once.
   */
  return async function sweep(): Promise<void> {
    await bySlices(queries => {
      const touchedBefore = steadyTime() - temporaryHours * HOUR
      return deleteTemporary(queries, { touchedBefore, limit: SLICE })
    })
    if (rule) await deleteDue(rule)
    for (;;) {
      const now = steadyTime()
      const owner = await nextOwnerToLook(database.queries, now)
      if (!owner) return
      await deleteDue(owner, owner.owner_id)
      await putOff(owner)
    }
  }

  async function deleteDue(one: RetentionRule, ownerId?: string): Promise<void> {
    await bySlices(async queries => {
      const at = steadyTime()
      const touchedBefore = dueBefore(one, at)
      if (touchedBefore === undefined) return 0
      return deleteUntouched(queries, { touchedBefore, ownerId, at, limit: SLICE })
    })
  }

  /** `work` deletes one slice, and gives how many it deleted. */
  async function bySlices(work: (queries: Queries) => Promise<number>): Promise<void> {
    while ((await database.write('process', work)) === SLICE) await setImmediate()
  }

  async function putOff(owner: OwnerRetentionRow): Promise<void> {
    const now = steadyTime()
    await database.write('process', queries =>
      lookAgain(queries, owner, { now, soonest: now + LOOK_INTERVAL }),
    )
  }
}
