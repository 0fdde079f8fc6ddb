import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Clock } from '../../src/server/clock.ts'
import { readEnv } from '../../src/server/config/env.ts'
import type { RequestTimeouts } from '../../src/server/http/fastify/server.ts'
import { openPages } from '../../src/server/http/pages.ts'
import { type StartOptions, startRiacho } from '../../src/startRiacho.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { TestClient } from './client.ts'
import { type TestFolder, temporaryFolder } from './folder.ts'
import { databaseUrlIn, readRows } from './testDatabase.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export interface TestServer extends AsyncDisposable {
  readonly url: string
  /** The settings of the server. */
  readonly settings: Record<string, string>
  /** The path of the database. */
  readonly databaseFile: string
  client(): TestClient
  /** Rows of the database, as stored now. */
  rows(sql: string, ...parameters: (string | number)[]): Record<string, unknown>[]
}

export interface TestServerOptions {
  /** If absent, the built-in guide answers. */
  upstream?: Pick<Upstream, 'url'>
  settings?: Record<string, string>
  /** A folder with a database to use again. */
  folder?: TestFolder
  /** If absent, the real clock. */
  clock?: Clock
  /** How long a request may take to arrive. */
  timeouts?: RequestTimeouts
  /** What models may call. */
  tools?: StartOptions['tools']
  /** Whether the server has the pages too. */
  hasPages?: boolean
  /** If absent, a hash of a password costs nearly nothing. */
  hasRealPasswords?: boolean
}

/** A test that is about something else has no time for the real cost. */
export const CHEAP_PASSWORDS = { N: 2 ** 8, r: 8, p: 1 }

/** Starts the real server in this process, on a free port, with a database of its own. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = options.folder ?? (await temporaryFolder())
  const settings = await withDatabase(settingsOf(options, folder), folder)
  const { clock, hasPages, timeouts, tools } = options
  const logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' })
  const pages = hasPages ? await openPages(join(ROOT, 'dist')) : undefined
  const riacho = await startRiacho(readEnv(settings), {
    logger,
    variables: settings,
    ...(clock && { clock }),
    ...(pages && { pages }),
    ...(timeouts && { timeouts }),
    ...(tools && { tools }),
    ...(!options.hasRealPasswords && { passwordCost: CHEAP_PASSWORDS }),
  })
  return {
    ...serverAt({ url: riacho.url, settings }),
    async [Symbol.asyncDispose]() {
      await riacho.close({ drainMs: 0 })
      if (!options.folder) await folder[Symbol.asyncDispose]()
    },
  }
}

export interface TestProcess extends TestServer {
  readonly child: ChildProcess
  /** Ends the process as `kill` does. Resolves with its exit code once it has exited. */
  kill(signal: NodeJS.Signals): Promise<number | null>
}

export interface TestProcessOptions extends TestServerOptions {
  folder: TestFolder
  nodeArgs?: string[]
  /** Where the sources are. If absent, those of this version. */
  root?: string
}

/** Starts the real server as a process, as `npm start` does, with its pages. */
export async function startProcess(options: TestProcessOptions): Promise<TestProcess> {
  const settings = await withDatabase(settingsOf(options, options.folder), options.folder)
  const child = spawnServer(settings, options)
  let output = ''
  const exited = once(child, 'exit') as Promise<[number | null]>
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      const address = /Riacho: (http\S+)/.exec(output)?.[1]
      if (address) resolve(address.replace('localhost', '127.0.0.1'))
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    void exited.then(() => reject(new Error(`the server did not start:\n${output}`)))
  })
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const [code] = await exited
    return code
  }
  return {
    ...serverAt({ url, settings }),
    child,
    kill,
    async [Symbol.asyncDispose]() {
      await kill('SIGKILL')
    },
  }
}

export interface World {
  readonly folder: TestFolder
  readonly upstream: Upstream
  readonly server: TestProcess
}

/** Starts a scripted provider and, as a process, a server that asks it, with a database of its own. */
export async function openWorld(settings: Record<string, string> = {}): Promise<World & AsyncDisposable> {
  const folder = await temporaryFolder()
  const upstream = await createUpstream()
  // Without titles by the provider, a test itself asked for every request upstream.
  const server = await startProcess({ upstream, folder, settings: { TITLES: 'words', ...settings } })
  return {
    folder,
    upstream,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await upstream.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Runs `node src/main.ts` with these settings and no others. */
export function spawnServer(
  settings: Record<string, string>,
  { nodeArgs = [], root = ROOT }: Pick<TestProcessOptions, 'nodeArgs' | 'root'> = {},
): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  return spawn(process.execPath, [...nodeArgs, 'src/main.ts'], {
    cwd: root,
    env: { NODE_ENV: 'production', PATH, HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export function settingsOf(
  { upstream, settings }: TestServerOptions,
  folder: TestFolder,
): Record<string, string> {
  return {
    PORT: '0',
    LOG_LEVEL: 'silent',
    RATE_LIMIT_PER_MINUTE: '0',
    DATABASE_URL: `file:${join(folder.path, 'riacho.db')}`,
    FILES_DIR: join(folder.path, 'files'),
    ...(upstream && { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-test', OPENAI_MODEL: 'test-model' }),
    ...settings,
  }
}

/** `TEST_DATABASE` names another database, unless the test itself names one. */
async function withDatabase(
  settings: Record<string, string>,
  folder: TestFolder,
): Promise<Record<string, string>> {
  const isNamed = settings['DATABASE_URL'] !== `file:${join(folder.path, 'riacho.db')}`
  return isNamed ? settings : { ...settings, DATABASE_URL: await databaseUrlIn(folder.path) }
}

function serverAt({ url, settings }: { url: string; settings: Record<string, string> }) {
  const databaseFile = (settings['DATABASE_URL'] ?? '').slice('file:'.length)
  return {
    url,
    settings,
    databaseFile,
    client: () => new TestClient(url),
    rows: (sql: string, ...parameters: (string | number)[]) =>
      readRows(settings['DATABASE_URL'] ?? '', sql, parameters),
  }
}
