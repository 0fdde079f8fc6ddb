import type { AdminNode, ProviderState } from '../../protocol/admin/adminResponses.ts'
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
import { createGroups, type GroupsOptions } from './groups.ts'
import { createLimitsInUse } from './limitsInUse.ts'
import { createOverview } from './overview.ts'
import { createPeople } from './people.ts'
import { createProviderTest } from './providerTest.ts'
import { createReadConversation } from './readConversation.ts'
import { createToolServers, type ToolServersOptions } from './toolServers.ts'

export interface AdministrationOptions extends ToolServersOptions {
  database: Database
  provider: Provider
  /** The list that everybody reads. */
  assistants: Assistant[]
  /** Absent where no files have the assistants. */
  folder: AssistantFolder | undefined
  /** As `AssistantFilesOptions.prepare`. */
  prepareAssistants: (assistants: readonly Assistant[]) => readonly Assistant[]
  limits: SpendingLimits
  problemsOf: GroupsOptions['problemsOf']
  providerStates: () => ProviderState[]
  /** Whether administrators can read conversations. */
  canRead: boolean
  currency: string
  spending: Pick<Spending, 'settler'>
  readiness: Pick<Readiness, 'provider'>
  proofs: KnownProofs
  active: () => { runs: number; readers: number }
  nodes: (() => Promise<AdminNode[]>) | undefined
  /** Puts what has ended into the figures. */
  count: () => Promise<void>
  clock: Clock
  createId: () => string
  /** The time that all nodes share. */
  steadyTime: () => number
}

/** What administrators see and do. */
export function createAdministration(options: AdministrationOptions) {
  const { spending, clock, prepareAssistants: prepare } = options
  const trail = createAuditTrail(options)
  const settled = () => spending.settler.batches()
  return {
    overview: createOverview(options),
    people: createPeople(options),
    ...createChangeAccounts({ ...options, now: clock.now }),
    groups: createGroups({ ...options, settled, now: clock.now }),
    limits: createLimitsInUse({ ...options, settled }),
    readConversation: createReadConversation(options),
    assistants: createAssistantFiles({ ...options, prepare, audit: trail.audit }),
    providers: createProviderTest(options),
    toolServers: createToolServers(options),
    audit: trail.list,
  }
}
