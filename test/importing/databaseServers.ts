import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, mkdir } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'

const run = promisify(execFile)

/** A database server of this machine, empty and reached by a socket in its folder. */
export interface DatabaseServer extends AsyncDisposable {
  readonly socket: string
  readonly folder: string
}

const POSTGRES = pathOf('initdb', ...debianFolders())
export const hasPostgres = POSTGRES !== undefined
const MARIADB = pathOf('mariadbd', '/usr/sbin')
export const hasMariadb = MARIADB !== undefined

/** Debian keeps the programs of PostgreSQL away from PATH. */
function debianFolders(): string[] {
  const root = '/usr/lib/postgresql'
  return existsSync(root) ? readdirSync(root).map(version => join(root, version, 'bin')) : []
}

function pathOf(program: string, ...folders: string[]): string | undefined {
  const all = [...folders, ...(process.env['PATH'] ?? '').split(':')]
  return all.find(folder => existsSync(join(folder, program)))
}

/** Database servers refuse to run as root. */
function userOf(name: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

export async function startPostgres(): Promise<DatabaseServer> {
  const user = userOf('postgres')
  const folder = await folderOf(user)
  const bin = POSTGRES ?? ''
  const data = join(folder.path, 'data')
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'riacho', '-A', 'trust', '-E', 'UTF8', '--no-sync'], user)
  const args = ['-D', data, '-k', folder.path, '-c', 'listen_addresses=', '-c', 'fsync=off']
  const socket = join(folder.path, '.s.PGSQL.5432')
  return startIn(folder, { command: join(bin, 'postgres'), args, user, socket })
}

export async function startMariadb(): Promise<DatabaseServer> {
  const user = userOf('nobody')
  const folder = await folderOf(user)
  const data = join(folder.path, 'data')
  await mkdir(data)
  if (user.uid !== undefined && user.gid !== undefined) await chown(data, user.uid, user.gid)
  const install = [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]
  await run('mariadb-install-db', install, user)
  const socket = join(folder.path, 'mysql.sock')
  const args = ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, '--skip-networking']
  return startIn(folder, { command: join(MARIADB ?? '', 'mariadbd'), args, user, socket })
}

async function folderOf({ uid, gid }: { uid?: number; gid?: number }): Promise<TestFolder> {
  const folder = await temporaryFolder()
  if (uid !== undefined && gid !== undefined) await chown(folder.path, uid, gid)
  await chmod(folder.path, 0o755)
  return folder
}

async function startIn(
  folder: TestFolder,
  { command, args, user, socket }: { command: string; args: string[]; user: object; socket: string },
): Promise<DatabaseServer> {
  const child = spawn(command, args, { ...user, cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (/ready (to accept|for) connections/.test(output)) resolve()
      })
    void exited.then(() => reject(new Error(`${command} did not start:\n${output}`)))
  })
  await ready
  const probe = createConnection(socket)
  await once(probe, 'connect')
  probe.destroy()
  return {
    socket,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      child.kill('SIGQUIT')
      if (child.exitCode === null && child.signalCode === null) await exited
      await folder[Symbol.asyncDispose]()
    },
  }
}
