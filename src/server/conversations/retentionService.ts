import { RiachoError } from '../../protocol/errors.ts'
import type { RetentionRequest } from '../../protocol/requests.ts'
import type { Retention } from '../../protocol/responses.ts'
import { isErased } from '../database/owners.ts'
import {
  chooseOwnerRetention,
  findOwnerRetention,
  forgetOwnerRetention,
  type RetentionRules,
} from '../database/retention.ts'
import type { Queries } from '../database/schema.ts'
import { createRetentionSweep, type RetentionSweepOptions } from './retentionSweep.ts'

/** The rules that count for the conversations of an owner. */
export type RulesOf = (queries: Queries, ownerId: string) => Promise<RetentionRules>

export type RetentionService = ReturnType<typeof createRetentionService>

/** Deletes conversations that nobody has touched for as long as the installation, or their owner, says. */
export function createRetentionService(options: RetentionSweepOptions) {
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

  return { rulesOf, read, choose, sweep: createRetentionSweep(options) }
}
