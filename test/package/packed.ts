import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'

const run = promisify(execFile)
export const ROOT = join(import.meta.dirname, '..', '..')

/** Packs the package as `npm pack` does, into `folder`. Resolves with the path of the tarball. */
export async function packInto(folder: string): Promise<string> {
  await run('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, maxBuffer: 1e8 })
  const name = (await readdir(folder)).find(name => name.endsWith('.tgz'))
  if (!name) throw new Error('npm pack made no tarball')
  return join(folder, name)
}

export async function install(folder: string, ...packages: string[]): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], { cwd: folder })
}

/** A process that answers at `url`. Disposing of it kills it and its children. */
export interface Program extends AsyncDisposable {
  readonly url: string
  /** `kill -9`. */
  kill(): Promise<void>
}

/** Starts a program in `folder`, and waits until it prints its address as `ready` finds it. */
export async function startProgram(
  [command, ...args]: [string, ...string[]],
  { folder, env, ready }: { folder: string; env: Record<string, string>; ready: RegExp },
): Promise<Program> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH, HOME, NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, because npx and Next.js start children.
    detached: true,
  })
  const exited = once(child, 'exit')
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const found = ready.exec(output)?.[1]
        if (found) resolve(found.replace('localhost', '127.0.0.1'))
      })
    void exited.then(() => reject(new Error(`${command} did not start:\n${output}`)))
  })
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL')
    await exited
  }
  return { url, kill, [Symbol.asyncDispose]: kill }
}

/** Copies the example of Next.js, installs `tarball` and this version of Next.js in it, and builds it. */
export async function buildNextApp(tarball: string, next: string): Promise<TestFolder> {
  const folder = await temporaryFolder()
  const isSource = (path: string) => !/node_modules|\.next|[/]data$/.test(path.slice(ROOT.length))
  await cp(join(ROOT, 'examples', 'nextjs'), folder.path, { recursive: true, filter: isSource })
  await rm(join(folder.path, 'package-lock.json'), { force: true })
  const file = join(folder.path, 'package.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  Object.assign(manifest.dependencies, { next, riacho: `file:${tarball}` })
  await writeFile(file, JSON.stringify(manifest))
  await addOpenMount(folder.path)
  await install(folder.path)
  await run('npx', ['next', 'build'], {
    cwd: folder.path,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    maxBuffer: 1e8,
  })
  return folder
}

/** Adds a second mount for visitors below `/open`, beside the one for people of the app. */
async function addOpenMount(folder: string): Promise<void> {
  const route = join(folder, 'src', 'app', 'open', '[...riacho]')
  await cp(join(folder, 'src', 'app', 'api', 'chat', '[...riacho]'), route, { recursive: true })
  const file = join(route, 'route.ts')
  await writeFile(file, (await readFile(file, 'utf8')).replace('{ riacho }', '{ open as riacho }'))
  const service = join(folder, 'src', 'server', 'services', 'openaiService.ts')
  const source = await readFile(service, 'utf8')
  if (!source.includes('const options: RiachoOptions ='))
    throw new Error('the example composes Riacho in another way')
  await writeFile(
    service,
    `${source}\nexport const open = createRiacho({ ...options, owner: undefined, basePath: '/open' })\n`,
  )
}
