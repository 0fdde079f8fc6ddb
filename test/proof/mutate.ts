import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One promise of docs/reliability.md, broken on purpose. */
export interface Mutation {
  promise: number
  breaks: string
  file: string
  from: string
  to: string
  /** The test file that must fail, or the folder of it. */
  test: string
  /** The beginning of the name of the test that must fail. If absent, the whole file runs. */
  name?: string
}

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * Breaks each promise in a copy of the last commit, and expects its test to fail. Prints how long each test took.
 * Returns false if a test did not fail.
 */
export function seeMutations(mutations: readonly Mutation[]): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'riacho-mutations-'))
  const started = performance.now()
  let unseen = 0
  try {
    execFileSync('git', ['clone', '-q', ROOT, copy])
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    symlinkSync(join(ROOT, 'dist'), join(copy, 'dist'))
    for (const mutation of mutations) if (!isSeen(mutation, copy)) unseen++
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  const { length } = mutations
  console.log(`${length - unseen} of ${length} broken promises were seen, ${secondsSince(started)} s`)
  return unseen === 0
}

/** Once each: the tests of the server are also in the project that runs them on PostgreSQL. */
function projectsOf(test: string): string[] {
  const projects = test.startsWith('test/postgres/') ? ['postgres'] : ['unit', 'whole', 'proofs']
  return projects.flatMap(project => ['--project', project])
}

function isSeen({ promise, breaks, file, from, to, test, name }: Mutation, copy: string): boolean {
  const path = join(copy, file)
  const source = readFileSync(path, 'utf8')
  if (!source.includes(from)) throw new Error(`${file} no longer has: ${from}`)
  writeFileSync(
    path,
    source.replace(from, () => to),
  )
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--bail',
      '1',
      ...projectsOf(test),
      test,
      ...(name ? ['-t', escaped(name)] : []),
    ],
    { cwd: copy, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  )
  writeFileSync(path, source)
  const failed = [...(stdout + stderr).matchAll(/^ FAIL {2}(.*)$/gm)].map(([, name]) => name)
  const seen = status !== 0 && failed.length > 0
  console.log(
    `${seen ? 'seen  ' : 'UNSEEN'} ${secondsSince(started)} s, promise ${promise}: ${breaks}\n         ${failed[0] ?? `${test} passed`}`,
  )
  return seen
}

/** `vitest -t` takes a regular expression. */
function escaped(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1)
}
