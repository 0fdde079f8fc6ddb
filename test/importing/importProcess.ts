import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const ROOT = join(import.meta.dirname, '..', '..')

/** The exports that were made by hand, one of each format. */
export const EXPORTS = join(import.meta.dirname, 'exports')

/** Each run is a process of its own, which takes its time to start on a busy machine. */
export const PATIENT = { timeout: 120_000 }

export interface ImportRun {
  code: number | null
  report: string
  problem: string
}

/** Starts the importer as a process of its own, as `npm run import` does, with these settings and no others. */
export function startImport(args: readonly string[], settings: Record<string, string>) {
  const { PATH = '', HOME = '' } = process.env
  return spawn(process.execPath, ['src/importer/importConversations.ts', ...args], {
    cwd: ROOT,
    env: { PATH, HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs the importer to its end. */
export async function runImport(
  args: readonly string[],
  settings: Record<string, string> = {},
): Promise<ImportRun> {
  const child = startImport(args, settings)
  const [report, problem, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, report, problem }
}
