import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './folder.ts'
import { freePort } from './freePort.ts'
import { unprivileged } from './unprivileged.ts'

/** Where Debian puts it. */
export const PGBOUNCER = '/usr/sbin/pgbouncer'

export interface Pgbouncer extends AsyncDisposable {
  /** The address of a database, by way of the pooler, for Riacho. */
  urlOf(url: string): string
}

/** PgBouncer in front of a server. It refuses to run as root. A client has a connection to the server only while it is in a transaction. */
export async function startPgbouncer(postgresPort: number): Promise<Pgbouncer> {
  const folder = await temporaryFolder()
  const port = await freePort()
  const path = join(folder.path, 'pgbouncer.ini')
  const users = join(folder.path, 'users.txt')
  await writeFile(users, '"riacho" ""\n')
  await writeFile(
    path,
    `[databases]
* = host=127.0.0.1 port=${postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 5
`,
  )
  await chmod(folder.path, 0o755)
  const child = spawn(PGBOUNCER, [path], { ...unprivileged(), stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('process up')) resolve()
    })
    void exited.then(() => reject(new Error(`PgBouncer did not start:\n${output}`)))
  })
  return {
    urlOf(url) {
      const address = new URL(url)
      address.port = String(port)
      address.searchParams.set('pgbouncer', 'true')
      return address.href
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
      await folder[Symbol.asyncDispose]()
    },
  }
}
