import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ask, type PostgresServer } from '../../harness/postgres.ts'
import { time } from '../history.ts'
import { BROKEN_LINKS, mendLink, type Scene } from './nodeFaults.ts'
import { beginTrouble, type NodeGroup } from './nodeGroup.ts'

/** What happens to the database that all nodes share. Nobody takes over from the living because of it. */
export type DatabaseFault = 'connections lost' | 'unreachable' | 'killed' | 'a process killed' | 'frozen'

/** They lose the last commits that were not synced. The nodes have to store them again. */
const FORGETFUL: readonly DatabaseFault[] = ['killed', 'a process killed']

/** Faults of the whole server, which other rounds must not share. */
export const NEEDS_OWN_SERVER: readonly DatabaseFault[] = [...FORGETFUL, 'frozen']

/**
 * Draws what happens. `mayForget`: whether the database may lose commits that were not synced. If a node dies with them,
 * nobody can store them again.
 */
export function drawDatabaseFault({ random }: Pick<Scene, 'random'>, mayForget: boolean): DatabaseFault {
  const all = ['connections lost', 'unreachable', 'killed', 'a process killed', 'frozen'] as const
  return random.pick(all.filter(fault => mayForget || !FORGETFUL.includes(fault)))
}

export interface SharedDatabase {
  server: PostgresServer
  url: string
  group: NodeGroup
}

/** Does it to the database. Resolves once it is as before. */
export async function playOnDatabase(
  fault: DatabaseFault,
  { server, url, group }: SharedDatabase,
  { history, random, done }: Scene,
): Promise<void> {
  const ms = 300 + random.integer(10_000)
  const trouble = beginTrouble(history, `the database: ${fault}`)
  done.push(trouble.what)
  switch (fault) {
    case 'connections lost':
      for (let times = 1 + random.integer(4); times > 0; times--) {
        await ask(url, TERMINATE_OTHERS)
        await delay(random.integer(400))
      }
      break
    case 'unreachable': {
      const how = random.pick(BROKEN_LINKS)
      for (const { database } of group.nodes) database.set(how)
      await delay(ms)
      for (const { database } of group.nodes) mendLink(database)
      break
    }
    case 'killed':
      // Without a checkpoint.
      await server.kill('SIGQUIT')
      await delay(random.pick([0, 500, 3000]))
      await server.start()
      break
    case 'a process killed': {
      const [row] = await ask(url, ANY_BACKEND)
      if (row) process.kill(Number(row['pid']), 'SIGKILL')
      await untilAnswered(url)
      break
    }
    case 'frozen': {
      const pids = processesOf(server)
      for (const pid of pids) process.kill(pid, 'SIGSTOP')
      await delay(ms)
      for (const pid of pids) process.kill(pid, 'SIGCONT')
    }
  }
  trouble.mendableFrom = time()
  trouble.over()
}

const TERMINATE_OTHERS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`
/** The server begins anew if any of its processes is killed. */
const ANY_BACKEND = `select pid from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() limit 1`

async function untilAnswered(url: string): Promise<void> {
  for (;;) {
    const isUp = await ask(url, 'select 1').then(
      () => true,
      () => false,
    )
    if (isUp) return
    await delay(50)
  }
}

/** The server and its children. Only Linux says it so. */
function processesOf({ child }: PostgresServer): number[] {
  const pid = child.pid ?? 0
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return [pid, ...children.trim().split(' ').map(Number)]
}
