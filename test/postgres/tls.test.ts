import { chmod, chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import {
  CERTIFICATE,
  CERTIFICATE_KEY,
  LOCALHOST_CERTIFICATE,
  LOCALHOST_CERTIFICATE_KEY,
} from '../harness/certificate.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startPostgres } from '../harness/postgres.ts'
import { unprivileged } from '../harness/unprivileged.ts'

/** A server that has this certificate, and a file of the authority that signed it. */
async function startWithTls(certificate: string, key: string) {
  const folder = await temporaryFolder()
  await chmod(folder.path, 0o755)
  const [certificateFile, keyFile] = [join(folder.path, 'server.pem'), join(folder.path, 'key.pem')]
  await writeFile(certificateFile, certificate)
  await writeFile(keyFile, key, { mode: 0o600 })
  const { uid, gid } = unprivileged()
  if (uid !== undefined && gid !== undefined) await chown(keyFile, uid, gid)
  const server = await startPostgres([
    'ssl=on',
    `ssl_cert_file=${certificateFile}`,
    `ssl_key_file=${keyFile}`,
  ])
  return {
    address: (query: string) => `postgres://riacho@localhost:${server.port}/postgres?${query}`,
    authority: `sslrootcert=${encodeURIComponent(certificateFile)}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const problemAt = (url: string) => openPostgres(url).catch((error: Error) => error)

test('with sslmode=verify-full every connection is encrypted, and only a server with the right certificate counts', async () => {
  await using server = await startWithTls(LOCALHOST_CERTIFICATE, LOCALHOST_CERTIFICATE_KEY)
  const database = await openPostgres(server.address(`sslmode=verify-full&${server.authority}`))
  const { rows } = await sql<{ ssl: boolean }>`
    select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'riacho'`.execute(
    database.queries,
  )
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.every(({ ssl }) => ssl)).toBe(true)
  await database.close()
  expect(await problemAt(server.address('sslmode=verify-full'))).toMatchObject({
    name: 'DatabaseProblem',
    message: expect.stringMatching(/cannot be reached: self-signed certificate/),
  })
})

test('with sslmode=verify-full a certificate of another name is refused', async () => {
  await using server = await startWithTls(CERTIFICATE, CERTIFICATE_KEY)
  expect(await problemAt(server.address(`sslmode=verify-full&${server.authority}`))).toMatchObject({
    name: 'DatabaseProblem',
    message: expect.stringMatching(/cannot be reached: .*altnames/),
  })
})
