import { v7 as uuidv7 } from 'uuid'
import { expect } from 'vitest'
import { createAccountLinks } from '../../src/server/accounts/accountLinks.ts'
import { createOperator } from '../../src/server/accounts/operateAccounts.ts'
import { readEnv } from '../../src/server/config/env.ts'
import type { Database } from '../../src/server/database/database.ts'
import { openDatabase } from '../../src/server/database/openDatabase.ts'
import { openBeside } from '../../src/server/database/sqlite/openBeside.ts'
import type { TestClient } from './client.ts'
import { silentLogger } from './log.ts'
import { account } from './person.ts'
import type { TestServer } from './server.ts'

/** Somebody who is signed in to an account. */
export async function signedUp(server: TestServer, email: string): Promise<TestClient> {
  const client = server.client()
  const answer = await account.signUp(client, { email })
  expect(answer.status).toBe(201)
  return client
}

/** Does something with the database of a server, beside it. */
export async function beside<T>(
  server: TestServer,
  work: (database: Pick<Database, 'queries' | 'write' | 'writeFor'>) => Promise<T>,
): Promise<T> {
  const { database: address } = readEnv(server.settings)
  const database = address.file ? await openBeside(address.file) : await openDatabase(address, silentLogger)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** What an operator does with accounts, beside the server. */
export function operate<T>(
  server: TestServer,
  work: (operator: ReturnType<typeof createOperator>) => Promise<T>,
): Promise<T> {
  const links = createAccountLinks({
    siteUrl: '',
    sendMail: undefined,
    steadyTime: Date.now,
    logger: silentLogger,
  })
  return beside(server, database =>
    work(createOperator({ database, links, createId: () => uuidv7(), now: Date.now })),
  )
}

/** Somebody who is signed in to an account of an administrator. */
export async function administrator(server: TestServer, email = 'admin@example.com'): Promise<TestClient> {
  const client = await signedUp(server, email)
  await operate(server, operator => operator.makeAdmin(email))
  return client
}
