import { setImmediate } from 'node:timers/promises'
import { RiachoError } from '../../protocol/errors.ts'
import type { RetentionRequest } from '../../protocol/requests.ts'
import type { Retention } from '../../protocol/responses.ts'
import type { Database } from '../database/database.ts'
import { isErased } from '../database/owners.ts'
import {
  chooseOwnerRetention,
  deleteTemporary,
  deleteUntouched,
  dueBefore,
  findOwnerRetention,
  forgetOwnerRetention,
  lookAgain,
  nextOwnerToLook,
  type RetentionRule,
  type RetentionRules,
} from '../database/retention.ts'
import type { OwnerRetentionRow, Queries } from '../database/schema.ts'

/** How many conversations one transaction deletes at most. */
const SLICE = 100
const HOUR = 60 * 60 * 1000
/** How soon the same owner is looked at again at the earliest, in milliseconds. */
const LOOK_INTERVAL = HOUR

export interface RetentionServiceOptions {
  database: Database
  /** The rule of the installation, if it has one. */
  rule: RetentionRule | undefined
  /** How long after their last message temporary conversations go. */
  temporaryHours: number
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
}

/** The rules that count for the conversations of an owner. */
export type RulesOf = (queries: Queries, ownerId: string) => Promise<RetentionRules>

export type RetentionService = ReturnType<typeof createRetentionService>

/** Deletes conversations that nobody has touched for as long as the installation, or their owner, says. */
export function createRetentionService(options: RetentionServiceOptions) {
  const { database, rule, temporaryHours, steadyTime } = options
  const maxDays = rule?.days ?? null

  const rulesOf: RulesOf = async (queries, ownerId) => {
    const own = await findOwnerRetention(queries, ownerId)
    return { untouched: [rule, own].filter(one => one !== undefined), temporaryHours }
  }

  /** Without `ownerId` nobody has chosen. */
  async function read(ownerId: string | undefined): Promise<Retention> {
    const own = ownerId === undefined ? undefined : await findOwnerRetention(database.queries, ownerId)
    return { days: own?.days ?? null, maxDays, temporaryHours }
  }

  /** Throws `INVALID_REQUEST` for a longer time than the installation's, and `NOT_FOUND` if the owner was erased. */
  async function choose(ownerId: string, { days }: RetentionRequest): Promise<Retention> {
    if (days !== null && maxDays !== null && days > maxDays) {
      throw new RiachoError('INVALID_REQUEST', 'longer than the rule of the server', {
        issues: [`days: must be at most ${maxDays}`],
      })
    }
    await database.writeFor(ownerId, 'power', async queries => {
      if (await isErased(queries, ownerId)) throw new RiachoError('NOT_FOUND', 'the owner was erased')
      if (days === null) await forgetOwnerRetention(queries, ownerId)
      else await chooseOwnerRetention(queries, { ownerId, days, now: steadyTime() })
    })
    return { days, maxDays, temporaryHours }
  }

  /**
   * Deletes what is due, slice by slice. A process that dies in between leaves whole conversations, and the next sweep
   * goes on. Several nodes may sweep at once.
   */
  async function sweep(): Promise<void> {
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

  return { rulesOf, read, choose, sweep }
}
