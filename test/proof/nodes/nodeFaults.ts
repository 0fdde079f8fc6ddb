import { setTimeout as delay } from 'node:timers/promises'
import type { FaultProxy, Faults } from '../../harness/faultProxy.ts'
import type { Random } from '../../harness/random.ts'
import { type History, time } from '../history.ts'
import { View } from '../view.ts'
import { beginTrouble, type Node, startNode } from './nodeGroup.ts'

/**
 * What happens to one node. After a `short` one it goes on as before. A `long` one lasts longer than its lease, so that
 * another node takes over.
 */
export interface NodeFault {
  kind: 'killed' | 'frozen' | 'cut off' | 'cut off from peers' | 'cut off from all' | 'drained'
  isLong: boolean
}

/** A node is dead for the others after 12 s without a beat, at the latest 14 s after the last one. */
const LONG = 14_500
/** Two beats with this between them are within the lease. */
const SHORT = 3000

/** The link takes bytes and drops them, or breaks off as soon as an answer comes. */
export const BROKEN_LINKS: readonly Faults[] = [{ swallows: true }, { cutAfter: 0, cutBy: 'reset' }]

export interface Scene {
  history: History
  random: Random
  /** Whether something happens to the database too. */
  isDatabaseHit: boolean
  /** What was done, in words. */
  done: string[]
}

/** Does it to the node. Resolves once the node is as before, or dead for good. */
export async function playOnNode(node: Node, { kind, isLong }: NodeFault, scene: Scene): Promise<void> {
  const play = {
    killed: kill,
    frozen: freeze,
    'cut off': cutOff('database'),
    'cut off from peers': cutOff('peers'),
    'cut off from all': cutOff('database', 'peers'),
    drained: drain,
  }[kind]
  await play(
    node,
    isLong ? LONG + scene.random.integer(2500) : 300 + scene.random.integer(SHORT - 300),
    scene,
  )
}

/** It starts again at once, or late, or never. */
async function kill(node: Node, _ms: number, { history, random, done }: Scene): Promise<void> {
  const trouble = beginTrouble(history, `${node.name} killed`)
  history.deaths++
  await node.server.kill()
  trouble.mendableFrom = time()
  const after = random.pick([0, 1500, 16_000, undefined])
  done.push(`${trouble.what}${after === undefined ? '' : `, back after ${after} ms`}`)
  if (after !== undefined) {
    await delay(after)
    await startNode(node)
  }
  trouble.over()
}

async function freeze(node: Node, ms: number, { history, done }: Scene): Promise<void> {
  await watchRuns(node, history)
  const trouble = beginTrouble(history, `${node.name} frozen for ${ms} ms`)
  done.push(trouble.what)
  if (ms >= LONG) history.deaths++
  node.server.signal('SIGSTOP')
  trouble.mendableFrom = time()
  await delay(ms)
  node.server.signal('SIGCONT')
  trouble.over()
}

/** Makes the function that breaks these links of a node. Without its peers it goes on: they read the database. */
function cutOff(...links: readonly ('database' | 'peers')[]) {
  return async (node: Node, ms: number, { history, random, done }: Scene): Promise<void> => {
    await watchRuns(node, history)
    const trouble = beginTrouble(history, `${node.name} cut off from ${links.join(' and ')} for ${ms} ms`)
    const how = random.pick(BROKEN_LINKS)
    done.push(`${trouble.what}${how.swallows ? ', half-open' : ''}`)
    if (ms >= LONG && links.includes('database')) history.deaths++
    for (const link of links) node[link].set(how)
    trouble.mendableFrom = time()
    await delay(ms)
    for (const link of links) mendLink(node[link])
    trouble.over()
  }
}

/** The process ends in order, and the next one begins. If the database is away meanwhile, it may have to leave its runs. */
async function drain(node: Node, _ms: number, { history, done, isDatabaseHit }: Scene): Promise<void> {
  const trouble = beginTrouble(history, `${node.name} drained`)
  done.push(trouble.what)
  if (isDatabaseHit) history.deaths++
  await node.server.stop()
  await startNode(node)
  trouble.over()
}

/** What the link dropped never comes, so its connections cannot go on. */
export function mendLink(link: FaultProxy): void {
  link.set({})
  for (const connection of link.connections) connection.reset()
}

/**
 * Lets readers follow all active runs at this node for as long as it lets them, so that whatever it still shows later is
 * seen.
 */
async function watchRuns(node: Node, history: History): Promise<void> {
  const active = [...history.runs.values()].filter(({ endSeen }) => !Number.isFinite(endSeen))
  await Promise.all(
    active.map(async run => {
      const client = node.server.client()
      client.cookie = run.chat.owner.cookie
      const stream = await client.follow(run.runId, 0).catch(() => undefined)
      if (stream?.status !== 200) return stream?.cut()
      const view = new View(run.runId)
      run.views.push(view)
      void (async () => {
        for await (const { seq, event } of stream) view.apply(seq, event)
      })()
    }),
  )
}
