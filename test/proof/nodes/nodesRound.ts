import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '../../harness/folder.ts'
import { type PostgresServer, startPostgres } from '../../harness/postgres.ts'
import { createRandom, type Random } from '../../harness/random.ts'
import { settingsOf } from '../../harness/server.ts'
import { createUpstream } from '../../upstream/upstream.ts'
import { CALLS } from '../calls.ts'
import { violationsOf } from '../check.ts'
import { interview } from '../checks/interview.ts'
import { openPostgresRows } from '../checks/storedRows.ts'
import { REACTIONS } from '../draws/reacting.ts'
import { History, time } from '../history.ts'
import { hasTools, settingsFor, whatOf, withAssistant } from '../historyRound.ts'
import { readLedger } from '../ledger.ts'
import type { At } from '../mortalServer.ts'
import { NODE_CRASH_POINTS } from '../preloads/crashPoints.ts'
import type { Round } from '../rounds.ts'
import { createScript } from '../script.ts'
import { Talker } from '../talker.ts'
import { type DatabaseFault, drawDatabaseFault, NEEDS_OWN_SERVER, playOnDatabase } from './databaseFaults.ts'
import { endsAfterFaults, lateEnds } from './ends.ts'
import { type NodeFault, playOnNode, type Scene } from './nodeFaults.ts'
import { type Node, NodeGroup } from './nodeGroup.ts'

const OWNERS = 3
const MINUTE = 60_000
/** What each commit waits for a slow disk, in microseconds. */
const SLOW_COMMIT = 40_000

/** What happens in a round. */
interface Plan {
  nodes: { index: number; fault: NodeFault; afterMs: number; at: At | undefined }[]
  database: { fault: DatabaseFault; afterMs: number } | undefined
  hasSlowDisk: boolean
  /** Times of day jump. */
  jumps: boolean
}

const NOTHING: Plan = { nodes: [], database: undefined, hasSlowDisk: false, jumps: false }

export interface NodesRoundOptions {
  seed: number
  /** How many nodes. */
  count: number
  /** The server for rounds that do nothing to it. */
  shared: PostgresServer
}

/**
 * Plays one round of the crash loop on several nodes. People draw calls from all of them while nodes are killed, frozen,
 * cut off from the database and drained, and while the database is away or slow. Then the round compares what they saw
 * with what is stored, asks the nodes for everything, and looks whether each run ended in time.
 */
export function crashRoundOfNodes(options: NodesRoundOptions): Promise<Round> {
  const random = createRandom(options.seed)
  const durability = options.seed % 2 === 0 ? 'process' : 'power'
  const plan = drawPlan(random, { count: options.count, mayForget: durability === 'power' })
  return playRound(options, { random, durability, plan })
}

/** Plays one round of the history checker on several nodes: connections are cut and clocks jump, and no node dies. */
export function historyRoundOfNodes(options: NodesRoundOptions): Promise<Round> {
  const random = createRandom(options.seed)
  const plan = { ...NOTHING, jumps: random.chance(0.4), hasSlowDisk: random.chance(0.1) }
  return playRound(options, { random, durability: 'process', plan })
}

/** `mayForget`: whether nodes may die while the database forgets what was not synced. */
function drawPlan(random: Random, { count, mayForget }: { count: number; mayForget: boolean }): Plan {
  const hit = random.pick(['nodes', 'nodes', 'nodes', 'database', 'both'] as const)
  const indexes = Array.from({ length: count }, (_, index) => index)
  const first = random.integer(count)
  const hits = hit === 'database' ? [] : [first, (first + 1) % count].slice(0, 1 + random.integer(count - 1))
  return {
    nodes: indexes.filter(index => hits.includes(index)).map(index => drawNodeFault(random, index)),
    database:
      hit === 'nodes'
        ? undefined
        : {
            fault: drawDatabaseFault({ random }, hit === 'database' || mayForget),
            afterMs: 300 + random.integer(1500),
          },
    hasSlowDisk: random.chance(0.1),
    jumps: false,
  }
}

function drawNodeFault(random: Random, index: number): Plan['nodes'][number] {
  const kind = random.pick([
    'killed',
    'killed',
    'frozen',
    'frozen',
    'cut off',
    'cut off from peers',
    'cut off from all',
    'drained',
  ] as const)
  const at =
    kind === 'killed' && random.chance(0.5)
      ? { label: random.pick(NODE_CRASH_POINTS), nth: 1 + random.integer(300) }
      : undefined
  const fault = { kind, isLong: random.chance(0.75) }
  return { index, fault, afterMs: 200 + random.integer(2000), at }
}

interface Settings {
  random: Random
  durability: 'process' | 'power'
  plan: Plan
}

async function playRound(
  { seed, count, shared }: NodesRoundOptions,
  { random, durability, plan }: Settings,
): Promise<Round> {
  await using folder = await temporaryFolder()
  const drawn = await withAssistant(settingsFor(random), folder)
  const options = { ...drawn.options, maxDelay: 5 + random.integer(30) }
  const settings: Record<string, string> = { ...drawn.settings, LOG_DURABILITY: durability }
  const history = new History()
  await using upstream = await createUpstream()
  const script = createScript(options)
  upstream.reply(script.answer)
  await using own = needsOwnServer(plan) ? await startPostgres(serverSettings(plan)) : undefined
  const server = own ?? shared
  const url = await server.createDatabase()
  const ledgerFile = join(folder.path, 'ledger')
  await using group = await NodeGroup.open({
    count,
    settings: {
      ...settingsOf({ upstream, settings }, folder),
      ...(hasTools(options) && { LEDGER: ledgerFile }),
    },
    databaseUrl: url,
    history,
    folder,
  })
  const scene: Scene = {
    history,
    random: random.fork(),
    isDatabaseHit: plan.database !== undefined,
    done: [],
  }
  await group.start(pointsOf(plan, group))
  const people = Array.from({ length: OWNERS }, () => {
    const own = random.fork()
    return new Talker({
      address: group,
      history,
      random: own,
      cutChance: 0.05,
      maxReaders: 2,
      ...REACTIONS,
    })
  })
  const quiet = new AbortController()
  const jumping = plan.jumps ? jump(group, scene, quiet.signal) : undefined
  await Promise.all([
    playFaults(plan, { group, scene, server, url }),
    ...people.map(person => person.live({ kinds: CALLS, calls: 6, tabs: 2 })),
  ])
  quiet.abort()
  await jumping
  await interview(history, group, seed)
  await using rows = await openPostgresRows(url)
  const violations = await violationsOf(
    {
      history,
      asked: script.asked,
      effects: readLedger(ledgerFile),
      filesFolder: join(folder.path, 'files'),
    },
    rows,
  )
  return {
    seed,
    what: `${count} nodes, ${whatOf(settings, options)}, survives ${durability}; ${scene.done.join('; ')}`,
    runs: history.runs.size,
    counts: new Map([...history.answers, ['conversations', history.chats.length]]),
    ends: endsAfterFaults(history).map(({ took }) => took),
    violations: [...violations, ...lateEnds(history)],
  }
}

function needsOwnServer({ database, hasSlowDisk }: Plan): boolean {
  return hasSlowDisk || (database !== undefined && NEEDS_OWN_SERVER.includes(database.fault))
}

/** A commit waits only if it is synced. */
function serverSettings({ hasSlowDisk }: Plan): string[] {
  return hasSlowDisk ? ['fsync=on', `commit_delay=${SLOW_COMMIT}`, 'commit_siblings=0'] : []
}

function pointsOf(plan: Plan, { nodes }: NodeGroup): ReadonlyMap<Node, At> {
  const points = new Map<Node, At>()
  for (const { index, at } of plan.nodes) {
    const node = nodes[index]
    if (node && at) points.set(node, at)
  }
  return points
}

/** Plays the faults of all nodes, each at its time. */
async function playFaults(
  plan: Plan,
  { group, scene, server, url }: { group: NodeGroup; scene: Scene; server: PostgresServer; url: string },
): Promise<void> {
  const { database, nodes, hasSlowDisk } = plan
  if (hasSlowDisk) scene.done.push('slow disk')
  await Promise.all([
    ...nodes.map(async ({ index, fault, afterMs, at }) => {
      const node = group.nodes[index]
      if (!node) return
      const own = { ...scene, random: scene.random.fork() }
      const died = new AbortController()
      const moment = delay(at ? afterMs + 1500 : afterMs, undefined, { signal: died.signal }).catch(() => {})
      if (at) await Promise.race([node.server.exited, moment])
      else await moment
      died.abort()
      await playOnNode(node, fault, own)
    }),
    database &&
      delay(database.afterMs).then(() => playOnDatabase(database.fault, { server, url, group }, scene)),
  ])
}

/** Sets the time of day of one node after the other. */
async function jump(group: NodeGroup, { history, random, done }: Scene, quiet: AbortSignal): Promise<void> {
  for (;;) {
    await delay(100 + random.integer(500), undefined, { signal: quiet }).catch(() => {})
    if (quiet.aborted) return
    const ms = random.pick([5_000, 11 * MINUTE, 90 * MINUTE, -5_000, -90 * MINUTE])
    const node = random.pick(group.nodes)
    history.jumps.push({ at: time(), ms })
    group.setClock(node, ms)
    done.push(`${node.name} is ${ms} ms ahead`)
  }
}
