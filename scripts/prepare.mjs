// Prepares a checkout for `npm start` and `npm test`: installs packages and builds pages that are missing or stale.
// It runs on any Node before anything is installed. So it imports no package, and checks the version of Node first.
import { spawn } from 'node:child_process'
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
  'scripts/licenses.ts',
  'public',
  'src/browser',
  'src/client',
  'src/pages',
  'src/protocol',
  'src/react',
  'src/widget',
]

// A function, because an old Node would refuse to read a file that awaits outside one.
void prepare()

async function prepare() {
  // `--include=dev`, because with NODE_ENV=production npm would leave out what the next step builds the pages with.
  await step('node_modules/.riacho-install', INSTALL_INPUTS, 'Installing packages', () => [
    'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
  ])
  // The server reads this stamp too, because it names the folder of the build.
  await step(
    'dist/current',
    BUILD_INPUTS,
    'Building the pages',
    digest => [join(root, 'node_modules', '.bin', 'node'), [join('scripts', 'build.ts'), digest]],
    digest => join('dist', digest, 'index.json'),
  )
}

/** Runs a command, unless `stamp` says that it succeeded on the same inputs and its result is still there. */
async function step(stamp, inputs, title, commandFor, madeOf = () => stamp) {
  const hash = createHash('sha256')
  for (const input of inputs) addTo(hash, input)
  const digest = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && existsSync(madeOf(digest))) return
  const progress = showProgress(title)
  const { ok, output } = await run(...commandFor(digest))
  progress.end(ok)
  if (!ok) fail(output)
  writeFileSync(`${stamp}.new`, digest)
  renameSync(`${stamp}.new`, stamp)
}

function run(command, args) {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        output += text
      })
    child.on('error', error => resolve({ ok: false, output: error.message }))
    child.on('close', code => resolve({ ok: code === 0, output }))
  })
}

/** Says what is being done and for how long: on a terminal in one line that moves, elsewhere in a line now and then. */
function showProgress(title) {
  const began = Date.now()
  const { stdout } = process
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`
  let turns = 0
  const move = () => stdout.write(`\r${'|/-\\'[turns++ % 4]} ${title}… ${seconds()}`)
  const tell = () => console.log(`${title}… ${seconds()}`)
  if (stdout.isTTY) move()
  else console.log(`${title}…`)
  const timer = stdout.isTTY ? setInterval(move, 250) : setInterval(tell, 15_000)
  return {
    end(ok) {
      clearInterval(timer)
      console.log(`${stdout.isTTY ? '\r' : ''}${title} ${ok ? 'took' : 'failed after'} ${seconds()}.  `)
    },
  }
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
