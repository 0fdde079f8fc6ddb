import { listActiveRuns, toRunStart } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import type { LogWrite } from '../log/eventLog.ts'
import type { LogStore } from '../log/logStore.ts'

/**
 * Ends every run that the last process left active, as `interrupted`, with its stored text as the message. Runs before
 * the server listens, so that nobody ever sees a run that nothing writes. Returns how many there were.
 */
export async function recoverRuns({
  queries,
  store,
}: {
  queries: Queries
  store: LogStore
}): Promise<number> {
  const writes: LogWrite[] = []
  for (const row of await listActiveRuns(queries)) {
    const { parts, lastSeq } = await store.read(row.id)
    const start = toRunStart(row)
    writes.push({
      ownerId: row.owner_id,
      start,
      end: {
        event: { status: 'interrupted', code: 'REPLY_INTERRUPTED', retryable: true },
        seq: lastSeq + 1,
        parts,
      },
    })
  }
  if (writes.length > 0) await store.commit(writes, 'power')
  return writes.length
}
