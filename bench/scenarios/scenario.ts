import type { Histograms } from '../harness/results.ts'
import type { Upstream } from '../harness/upstream.ts'
import type { Peer, Relay } from '../peers/peer.ts'

export type Figures = Record<string, number>

/** Measures one variant. It may fill in histograms, which are merged over rounds. */
export type Work = (histograms: Histograms) => Promise<Figures>

/** What a scenario gets: a running relay, and a place for what it measures. */
export interface Stage {
  peer: Peer
  relay: Relay
  upstream: Upstream
  /** Resident memory in bytes after the first replies, with none under way. */
  warmMemory: number
  isQuick: boolean
  /** Measures one variant, and records what the rest of the machine did meanwhile. */
  measure(variant: string, work: Work): Promise<Figures>
}

/** One thing that is measured on a running relay. */
export interface Scenario {
  name: string
  /** Whether `--quick` includes it. */
  isQuick: boolean
  /** Whether it can be measured with this peer. */
  suits(peer: Peer): boolean
  run(stage: Stage): Promise<void>
}

/** What a scenario gets that starts its relays itself. */
export interface OwnStage {
  upstream: Upstream
  /** Makes a new folder on a disk. */
  folder(name: string): string
  log: string
  isQuick: boolean
  /** Whether this peer takes part in the run. */
  wants(peer: string): boolean
  /** As `measure` of `Stage`. `pids` returns the processes of the relay at the moment. `peer` is Riacho by default. */
  measure(variant: string, work: Work, pids: () => number[], peer?: string): Promise<Figures>
}

export interface OwnScenario {
  name: string
  isQuick: boolean
  run(stage: OwnStage): Promise<void>
}
