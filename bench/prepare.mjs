// Installs the peers and builds their pages if they are missing or stale. It is plain JavaScript, because it runs
// before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

process.chdir(import.meta.dirname)
const node = join(import.meta.dirname, '..', 'node_modules', '.bin', 'node')
const next = join(import.meta.dirname, 'node_modules', 'next', 'dist', 'bin', 'next')

step(
  'node_modules/.install',
  ['package-lock.json'],
  ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
)
step(
  '../lib/.build',
  ['../package-lock.json', '../tsconfig.package.json', '../src'],
  [node, join('..', 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '../tsconfig.package.json'],
)
step(
  'relays/next/.next/.build',
  [
    'package-lock.json',
    'relays/next/app',
    'relays/next/chats.ts',
    'relays/next/model.ts',
    'relays/next/next.config.mjs',
  ],
  [node, next, 'build', 'relays/next'],
)

step(
  'browser/dist/.build',
  ['package-lock.json', 'browser/build.mjs', 'browser/pages'],
  [node, 'browser/build.mjs'],
)

/** Runs `command`, unless `stamp` says that it succeeded with the same inputs. */
function step(stamp, inputs, [command, ...args]) {
  const hash = createHash('sha256')
  for (const input of inputs) addTo(hash, input)
  const digest = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  console.log(`${command} ${args.join(' ')}`)
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  const { status } = spawnSync(command, args, { stdio: 'inherit', env })
  if (status !== 0) process.exit(1)
  writeFileSync(stamp, digest)
}

function addTo(hash, path) {
  if (!statSync(path).isDirectory()) return void hash.update(path).update(readFileSync(path))
  for (const name of readdirSync(path).sort()) addTo(hash, join(path, name))
}
