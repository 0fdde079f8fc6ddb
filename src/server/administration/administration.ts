import type { AdminNode } from '../../protocol/admin/adminResponses.ts'
import type { KnownProofs } from '../access/knownTokens.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import type { SpendingLimits } from '../config/spendingLimits.ts'
import type { Database } from '../database/database.ts'
import type { Provider } from '../generation/provider.ts'
import type { Readiness } from '../readiness.ts'
import type { Spending } from '../spending/spending.ts'
import { type AssistantFolder, createAssistantFiles } from './assistantFiles.ts'
import { createAuditTrail } from './auditTrail.ts'
import { createChangeAccounts } from './changeAccounts.ts'
import { createLimitsInUse } from './limitsInUse.ts'
import { createOverview } from './overview.ts'
import { createPeople } from './people.ts'
import { createProviderTest } from './providerTest.ts'

export interface AdministrationOptions {
  database: Database
  provider: Provider
  /** The list that everybody reads. */
  assistants: Assistant[]
  /** Absent where no files have the assistants. */
  folder: AssistantFolder | undefined
  /** As `AssistantFilesOptions.prepare`. */
  prepareAssistants: (assistants: readonly Assistant[]) => readonly Assistant[]
  limits: SpendingLimits
  currency: string
  spending: Pick<Spending, 'settler'>
  readiness: Pick<Readiness, 'provider'>
  proofs: KnownProofs
  active: () => { runs: number; readers: number }
  nodes: (() => Promise<AdminNode[]>) | undefined
  /** Puts what has ended into the figures. */
  count: () => Promise<void>
  clock: Clock
  /** The time that all nodes share. */
  steadyTime: () => number
}

/** What administrators see and do. */
export function createAdministration(options: AdministrationOptions) {
  const { spending, clock, prepareAssistants: prepare } = options
  const trail = createAuditTrail(options)
  return {
    overview: createOverview(options),
    people: createPeople(options),
    ...createChangeAccounts({ ...options, now: clock.now }),
    limits: createLimitsInUse({ ...options, settled: () => spending.settler.batches() }),
    assistants: createAssistantFiles({ ...options, prepare, audit: trail.audit }),
    providers: createProviderTest(options),
    audit: trail.list,
  }
}
