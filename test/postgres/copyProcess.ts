import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

const ROOT = join(import.meta.dirname, '..', '..')

export interface CopyRun {
  code: number | null
  report: string
  problem: string
}

/** Starts a copy as a process of its own, as `npm run db:copy` does. */
export function startCopy(...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  const { PATH = '', HOME = '' } = process.env
  return spawn(process.execPath, ['src/copier/copyDatabase.ts', ...args], {
    cwd: ROOT,
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a copy to its end. */
export async function runCopy(...args: readonly string[]): Promise<CopyRun> {
  const child = startCopy(...args)
  const [report, problem, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, report, problem }
}
