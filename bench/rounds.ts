import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { now } from './harness/clock.ts'
import { runLoad } from './harness/load.ts'
import {
  busyTimes,
  CLIENT_CORE,
  cpuOf,
  machineLine,
  memoryOf,
  RELAY_CORE,
  UPSTREAM_CORE,
} from './harness/machine.ts'
import { type Histograms, isDisturbed, type Results, type Sample } from './harness/results.ts'
import type { Upstream } from './harness/upstream.ts'
import { PEERS, QUICK_PEERS } from './peers/all.ts'
import type { Peer, Relay } from './peers/peer.ts'
import { riacho } from './peers/riacho.ts'
import { burst } from './scenarios/burst.ts'
import { crash } from './scenarios/crash.ts'
import { cut } from './scenarios/cut.ts'
import { files } from './scenarios/files.ts'
import { history } from './scenarios/history.ts'
import { ladder } from './scenarios/ladder.ts'
import { saturation } from './scenarios/saturation.ts'
import type { Figures, OwnScenario, OwnStage, Scenario, Work } from './scenarios/scenario.ts'
import { shape } from './scenarios/shape.ts'
import { silence } from './scenarios/silence.ts'
import { stop } from './scenarios/stop.ts'
import { sweep } from './scenarios/sweep.ts'
import { tools } from './scenarios/tools.ts'

const SCENARIOS: readonly Scenario[] = [silence, sweep, burst, shape, cut, stop, saturation, ladder]
const OWN_SCENARIOS: readonly OwnScenario[] = [tools, files, history, crash]
/** After its start a process rests for so many milliseconds. Then its memory counts as idle memory. */
const REST = 7000
/** Warms a relay up, because loading and compiling its code is no cost of the first measurement. */
const WARM_UP = { streams: 20, tokens: 100, pace: 10, settleMs: 0, measureMs: 1000 }

export interface RoundsOptions {
  upstream: Upstream
  folder: string
  log: string
  isQuick: boolean
  rounds: number
  peers: readonly string[] | undefined
  scenarios: readonly string[] | undefined
}

/**
 * Measures every peer in every round. Each round begins with another peer, so that a slow minute of the machine affects
 * all of them.
 */
export async function runRounds(options: RoundsOptions): Promise<Results> {
  const { isQuick, rounds, upstream } = options
  const samples: Sample[] = []
  const began = now()
  const peers = (isQuick && !options.peers ? QUICK_PEERS : PEERS).filter(peer =>
    isWanted(options.peers, peer.name),
  )
  // A scenario that is named is part of a quick run too.
  const wanted = <Kind extends { name: string; isQuick: boolean }>(scenarios: readonly Kind[]) =>
    scenarios.filter(({ name, isQuick: isInQuick }) =>
      options.scenarios ? options.scenarios.includes(name) : isInQuick || !isQuick,
    )

  const recorder = (place: SamplePlace) => {
    return async (variant: string, work: Work, pids: () => number[]): Promise<Figures> => {
      say(
        `${clock(now() - began)} round ${place.round} of ${rounds} · ${place.peer} · ${place.scenario} ${variant}`,
      )
      const histograms: Histograms = {}
      const { figures, others } = await watchOthers(upstream, pids, () => work(histograms))
      const hasHistograms = Object.keys(histograms).length > 0
      const sample: Sample = { ...place, variant, figures, others, ...(hasHistograms && { histograms }) }
      samples.push(sample)
      const load = others.map(share => `${Math.round(share * 100)} %`).join(' and ')
      if (isDisturbed(sample)) say(`  disturbed: others used ${load} of the two cores`)
      return figures
    }
  }

  for (let round = 1; round <= rounds; round++) {
    for (const peer of rotated(peers, round - 1)) {
      const missing = peer.missing?.()
      if (missing) say(`${peer.name} is left out: ${missing}.`)
      else await runPeer(peer, { ...options, round, scenarios: wanted(SCENARIOS), recorder })
    }
    if (!peers.includes(riacho)) continue
    for (const scenario of wanted(OWN_SCENARIOS)) {
      const measure: OwnStage['measure'] = (variant, work, pids, peer = riacho.name) =>
        recorder({ scenario: scenario.name, peer, round })(variant, work, pids)
      const wants = (name: string) => peers.some(peer => peer.name === name)
      const folder = (name: string) => mkdtempSync(join(options.folder, `${name}-`))
      await scenario.run({ upstream, folder, log: options.log, isQuick, wants, measure })
    }
  }
  const kind = isQuick ? 'quick' : 'full'
  return { machine: machineLine(options.folder), at: new Date().toISOString(), kind, rounds, samples }
}

type SamplePlace = Pick<Sample, 'scenario' | 'peer' | 'round'>

type Recorder = (
  place: SamplePlace,
) => (variant: string, work: Work, pids: () => number[]) => Promise<Figures>

interface PeerRound extends Omit<RoundsOptions, 'scenarios'> {
  round: number
  scenarios: readonly Scenario[]
  recorder: Recorder
}

async function runPeer(peer: Peer, options: PeerRound): Promise<void> {
  const { upstream, folder, log, isQuick, round, scenarios, recorder } = options
  let relay: Relay | undefined
  const own = () => relay?.pids() ?? []
  const pids = () => [...own(), ...(relay?.databasePids?.() ?? [])]
  let warmMemory = 0
  await recorder({ scenario: 'start', peer: peer.name, round })(
    'idle',
    async () => {
      relay = await peer.start({ upstream: upstream.url, folder: mkdtempSync(join(folder, 'relay-')), log })
      await delay(REST)
      const idleMemory = memoryOf(own())
      await runLoad({ peer, relay, ...WARM_UP })
      await delay(REST)
      warmMemory = memoryOf(own())
      return { coldStart: relay.coldStart, idleMemory, warmMemory }
    },
    pids,
  )
  if (!relay) return
  try {
    for (const scenario of scenarios) {
      if (!scenario.suits(peer) || peer.scenarios?.includes(scenario.name) === false) continue
      const record = recorder({ scenario: scenario.name, peer: peer.name, round })
      const measure = (variant: string, work: Work) => record(variant, work, pids)
      await scenario.run({ peer, relay, upstream, warmMemory, isQuick, measure }).catch((error: unknown) => {
        say(`  failed: ${error instanceof Error ? error.message : error}`)
      })
    }
  } finally {
    await relay.stop()
  }
}

/** What other processes used of both cores during `work`, as shares of a core. */
async function watchOthers(
  upstream: Upstream,
  relayPids: () => number[],
  work: () => Promise<Figures>,
): Promise<{ figures: Figures; others: Sample['others'] }> {
  const beside = UPSTREAM_CORE === CLIENT_CORE ? upstream.pids() : []
  const ours = () => [cpuOf(relayPids()), cpuOf([process.pid, ...beside])] as const
  const [busy, [relay, clients], from] = [busyTimes(), ours(), now()]
  const figures = await work()
  const [busyAfter, [relayAfter, clientsAfter], elapsed] = [busyTimes(), ours(), now() - from]
  const others = (core: number, used: number) =>
    Math.max(0, (busyAfter[core] ?? 0) - (busy[core] ?? 0) - used) / elapsed
  return {
    figures,
    others: [others(RELAY_CORE, relayAfter - relay), others(CLIENT_CORE, clientsAfter - clients)],
  }
}

function isWanted(names: readonly string[] | undefined, name: string): boolean {
  return !names || names.includes(name)
}

function rotated<Value>(values: readonly Value[], by: number): Value[] {
  return values.map((_, index) => values[(index + by) % values.length] as Value)
}

function clock(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function say(line: string): void {
  console.error(line)
}
