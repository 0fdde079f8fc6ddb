import type { Database } from '../database/database.ts'
import { insertPause, listGrants } from '../database/pauses.ts'
import type { Approvals } from '../generation/tools.ts'

/** Keeps in the database what people are asked, and what they always approve. */
export function createApprovals(database: Database): Approvals {
  return {
    async ask({ runId, conversationId, ownerId, kept }, requests) {
      const row = { run_id: runId, conversation_id: conversationId, requests: JSON.stringify(requests), kept }
      await database.writeFor(ownerId, 'process', queries => insertPause(queries, row))
    },
    async granted({ conversationId }, tools) {
      const grants = await listGrants(database.queries, conversationId)
      const isGranted = ({ name, digest }: (typeof tools)[number]) =>
        grants.some(grant => grant.tool === name && grant.digest === digest)
      return new Set(tools.filter(isGranted).map(({ name }) => name))
    },
  }
}
