import type { StopResponse } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import type { RemoteDatabase } from '../database/postgres/remote.ts'
import type { RelayLinks } from './relay/relayLinks.ts'
import type { RunStore } from './runStore.ts'

/** The most milliseconds that it waits for the end. */
const STOP_WAIT = 2000
/** How often it looks for the end, in milliseconds. */
const LOOK_INTERVAL = 50

interface StopRemoteOptions {
  database: Pick<RemoteDatabase, 'askToStop' | 'states'>
  store: Pick<RunStore, 'read'>
  links: Pick<RelayLinks, 'stop'>
  clock: Clock
}

/**
 * Asks the node that writes a run to stop it: in the database, where it finds that in any case, and by the relay, which is
 * faster. Resolves with how the run stands, at the latest after 2 s.
 */
export async function stopRemoteRun(
  { database, store, links, clock }: StopRemoteOptions,
  key: { id: string; ownerId: string },
): Promise<StopResponse> {
  await database.askToStop(key.id)
  const [state] = await database.states([key.id])
  const { nodeId, address } = state ?? {}
  if (nodeId && address) void links.stop({ nodeId, address }, key.id)
  const deadline = clock.monotonic() + STOP_WAIT
  for (;;) {
    const [now] = await database.states([key.id])
    if (!now || now.hasEnded || clock.monotonic() >= deadline) break
    await new Promise<void>(resolve => clock.schedule(resolve, LOOK_INTERVAL))
  }
  const run = await store.read(key)
  return { status: run?.end?.status ?? 'active', lastSeq: run?.lastSeq ?? 0 }
}
