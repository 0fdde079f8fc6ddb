import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { percentile } from './statistics.ts'

/**
 * The relay has one core to itself. The clients have another. They share it with the fake upstream if there is no
 * third.
 */
export const RELAY_CORE = 0
export const CLIENT_CORE = 1
export const UPSTREAM_CORE = cpus().length > 2 ? 2 : CLIENT_CORE
/** One tick of /proc in milliseconds, because `USER_HZ` is 100 on every Linux that runs Node. */
const TICK = 10
const PAGE = 4096

/** Describes the machine in one line. `folder` is on the disk that the benchmark uses. */
export function machineLine(folder: string): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  const { p50, p99 } = syncTime(folder)
  const disk = `4 KB synced to disk in ${p50.toFixed(2)} ms (p99 ${p99.toFixed(1)})`
  return `${cpus().length} cores of ${model}, ${memory} GB, Linux ${release()}, Node ${process.version}, ${disk}`
}

/** Milliseconds to append 4 KB to a file in `folder` and sync it. */
export function syncTime(folder: string): { p50: number; p99: number } {
  const file = openSync(join(folder, 'sync'), 'w')
  const took = Array.from({ length: 200 }, () => {
    const from = performance.now()
    writeSync(file, Buffer.alloc(4096))
    fdatasyncSync(file)
    return performance.now() - from
  })
  closeSync(file)
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) }
}

/** CPU time of `pids` in milliseconds, with all threads, and with the children that they have waited for. */
export function cpuOf(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) for (const field of statOf(pid)?.slice(11, 15) ?? []) ticks += Number(field)
  return ticks * TICK
}

/** Resident memory of `pids`, in bytes. */
export function memoryOf(pids: readonly number[]): number {
  let pages = 0
  for (const pid of pids) pages += Number(readIfThere(`/proc/${pid}/statm`).split(' ')[1] ?? 0)
  return pages * PAGE
}

/** The process `root` and all its descendants. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statOf(Number(name))?.[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** The command line of a process, its arguments separated by NUL. Empty if the process has ended. */
export function commandOf(pid: number): string {
  return readIfThere(`/proc/${pid}/cmdline`)
}

/** For each core: the time in milliseconds in which somebody used it or the hypervisor took it away. */
export function busyTimes(): number[] {
  return readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .filter(line => /^cpu\d/.test(line))
    .map(line => {
      const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
        .split(' ')
        .slice(1)
        .map(Number)
      return (user + nice + system + irq + softirq + steal) * TICK
    })
}

/** The fields of /proc/<pid>/stat after the command, from the state on. */
function statOf(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`)
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
