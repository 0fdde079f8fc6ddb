import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { now } from './clock.ts'
import { treeOf } from './machine.ts'

export const BENCH = join(import.meta.dirname, '..')
export const ROOT = join(BENCH, '..')
/** The Node that the project pins. Every relay runs on it. */
export const NODE = join(ROOT, 'node_modules', 'node', 'bin', 'node')

export interface Command {
  args: readonly string[]
  core: number
  env?: Record<string, string>
  cwd?: string
  log: string
  ipc?: boolean
}

export interface Started {
  child: ChildProcess
  /** The process and its descendants. */
  pids(): number[]
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()

/** However the benchmark ends, it ends what it started. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Runs a command on one core. Its output goes to the file `log`. */
export function startProcess({ args, core, env = {}, cwd = ROOT, log, ipc = false }: Command): Started {
  const output = openSync(log, 'a')
  const child = spawn('taskset', ['-c', String(core), ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', output, output, ...(ipc ? (['ipc'] as const) : [])],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const pids = () => (child.pid === undefined ? [] : treeOf(child.pid))
  return {
    child,
    pids,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const isGone = await Promise.race([exited, delay(3000, false, { ref: false })])
      if (!isGone) for (const pid of pids()) killIfThere(pid)
      await exited
    },
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has already ended.
  }
}

/** Waits until `url` answers. Resolves with the milliseconds that took. Throws if the process ends before. */
export async function untilAnswers(url: string, { child }: Started): Promise<number> {
  const from = now()
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${url}: its process has ended`)
    const answer = await fetch(url).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return now() - from
    if (now() - from > 60_000) throw new Error(`${url} does not answer`)
    await delay(5)
  }
}
