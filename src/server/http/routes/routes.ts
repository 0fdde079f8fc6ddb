import type { Services } from '../../services.ts'
import type { Route } from '../defineRoute.ts'
import { accountRoutes } from './account.ts'
import { adminRoutes } from './admin.ts'
import { groupRoutes } from './adminGroups.ts'
import { invitationRoutes } from './adminInvitations.ts'
import { adminReadRoutes, readNoticeRoutes } from './adminReads.ts'
import { assistantRoutes } from './assistants.ts'
import { conversationRoutes, deletionRoutes, forkRoutes } from './conversations.ts'
import { eraseOwnerRoutes } from './eraseOwner.ts'
import { exportRoutes } from './export.ts'
import { fileRoutes, sharedFileRoutes } from './files.ts'
import { healthRoutes } from './health.ts'
import { issuerRoutes } from './issuers.ts'
import { keyRoutes } from './keys.ts'
import { limitRoutes } from './limits.ts'
import { messageRoutes } from './messages.ts'
import { metricsRoutes } from './metrics.ts'
import { openapiRoutes } from './openapi.ts'
import { passkeyRoutes } from './passkeys.ts'
import { probeRoutes } from './probe.ts'
import { retentionRoutes } from './retention.ts'
import { runRoutes } from './runs.ts'
import { searchRoutes } from './search.ts'
import { sendRoutes } from './send.ts'
import { sessionRoutes } from './sessions.ts'
import { sharedRoutes, shareRoutes } from './shares.ts'
import { titleRoutes } from './titles.ts'
import { toolServerRoutes } from './toolServers.ts'

/** Every endpoint of the API. `adminReads`: whether administrators can read conversations. */
export function createRoutes(services: Services, { adminReads = false } = {}): Route[] {
  const counted: Route[] = [
    ...sendRoutes(services),
    ...runRoutes(services),
    ...titleRoutes(services),
    ...toolServerRoutes(services),
    ...probeRoutes(services),
    ...conversationRoutes(services),
    ...forkRoutes(services),
    ...deletionRoutes(services),
    ...readNoticeRoutes(services),
    ...messageRoutes(services),
    ...fileRoutes(services),
    ...sharedFileRoutes(services),
    ...searchRoutes(services),
    ...shareRoutes(services),
    ...sharedRoutes(services),
    ...exportRoutes(services),
    ...sessionRoutes(services),
    ...accountRoutes(services),
    ...issuerRoutes(services),
    ...passkeyRoutes(services),
    ...keyRoutes(services),
    ...eraseOwnerRoutes(services),
    ...assistantRoutes(services),
    ...limitRoutes(services),
    ...retentionRoutes(services),
    ...openapiRoutes(() => routes.filter(({ access }) => access !== 'admin')),
    ...adminRoutes(services),
    ...groupRoutes(services),
    ...invitationRoutes(services),
    ...(adminReads ? adminReadRoutes(services) : []),
  ]
  // Programs that watch the process are not counted.
  const routes: Route[] = [
    ...counted.map(route => ({ limit: 'other' as const, ...route })),
    ...healthRoutes(services),
    ...metricsRoutes(services),
  ]
  return routes
}
