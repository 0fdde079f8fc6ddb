import { aiSdkOnNext, aiSdkWithRedis, naiveRoute, riachoOnNext } from './next.ts'
import type { Peer } from './peer.ts'
import { direct, parsingPipe, rawPipe, storingPipe } from './pipes.ts'
import { riachoOnPostgres, riachoOnTwoNodes, riachoPolling } from './postgres.ts'
import { riacho, riachoOnPower } from './riacho.ts'

/** In the order of the rows in tables. */
export const PEERS: readonly Peer[] = [
  direct,
  rawPipe,
  parsingPipe,
  storingPipe,
  naiveRoute,
  aiSdkOnNext,
  aiSdkWithRedis,
  riacho,
  riachoOnPower,
  riachoOnPostgres,
  riachoOnTwoNodes,
  riachoPolling,
  riachoOnNext,
]

export const QUICK_PEERS: readonly Peer[] = [direct, rawPipe, parsingPipe, riacho]
