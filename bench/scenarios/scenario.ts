import type { Upstream } from '../harness/upstream.ts'
import type { Peer, Relay } from '../peers/peer.ts'

export type Figures = Record<string, number>

/** What a scenario is given: a relay that runs, and where to put what it measures. */
export interface Stage {
  peer: Peer
  relay: Relay
  upstream: Upstream
  /** Resident memory without a reply under way, after the first ones, in bytes. */
  warmMemory: number
  isQuick: boolean
  /** Measures one variant, and notes what else the machine did meanwhile. */
  measure(variant: string, work: () => Promise<Figures>): Promise<Figures>
}

/** One thing to measure of a running relay. */
export interface Scenario {
  name: string
  /** Part of `--quick`. */
  isQuick: boolean
  /** Whether it says anything about this peer. */
  suits(peer: Peer): boolean
  run(stage: Stage): Promise<void>
}

/** What a scenario is given that starts Riacho itself, over databases it has filled. */
export interface OwnStage {
  upstream: Upstream
  /** A new folder on a disk. */
  folder(name: string): string
  log: string
  isQuick: boolean
  /** As of `Stage`; `pids` are those of the relay at any time. */
  measure(variant: string, work: () => Promise<Figures>, pids: () => number[]): Promise<Figures>
}

export interface OwnScenario {
  name: string
  isQuick: boolean
  run(stage: OwnStage): Promise<void>
}
