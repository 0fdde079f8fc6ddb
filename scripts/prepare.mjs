// Prepares a checkout for `npm start` and `npm test`: installs packages and builds pages that are missing or stale.
// It runs on any Node before anything is installed. So it imports no package, and checks the version of Node first.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 11))
  fail(`Node 20.11 or newer is needed; this is ${process.version}.`)
const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const INSTALL_INPUTS = ['package-lock.json']
const BUILD_INPUTS = [
  'package-lock.json',
  'scripts/build.ts',
  'public',
  'src/browser',
  'src/client',
  'src/pages',
  'src/protocol',
  'src/react',
]

// `--include=dev`, because with NODE_ENV=production npm would leave out what the next step builds the pages with.
step('node_modules/.riacho-install', INSTALL_INPUTS, 'Installing packages', () => [
  'npm',
  ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
])
// The server reads this stamp too, because it names the folder of the build.
step(
  'dist/current',
  BUILD_INPUTS,
  'Building the pages',
  digest => [join(root, 'node_modules', '.bin', 'node'), [join('scripts', 'build.ts'), digest]],
  digest => join('dist', digest, 'index.json'),
)

/** Runs a command, unless `stamp` says that it succeeded on the same inputs and its result is still there. */
function step(stamp, inputs, title, commandFor, madeOf = () => stamp) {
  const hash = createHash('sha256')
  for (const input of inputs) addTo(hash, input)
  const digest = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && existsSync(madeOf(digest))) return
  console.log(`${title}…`)
  const { status, error, stdout, stderr } = spawnSync(...commandFor(digest), { encoding: 'utf8' })
  if (status !== 0) fail(`${title} failed.\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`)
  writeFileSync(`${stamp}.new`, digest)
  renameSync(`${stamp}.new`, stamp)
}

function addTo(hash, path) {
  if (!existsSync(path)) return
  if (!statSync(path).isDirectory()) {
    hash.update(path).update(readFileSync(path))
    return
  }
  for (const name of readdirSync(path).sort()) if (!/\.test\.tsx?$/.test(name)) addTo(hash, join(path, name))
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
