import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { SessionRow } from '../database/schema.ts'
import { insertSession } from '../database/sessions.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import type { TokenChange } from '../database/tokenChange.ts'
import { createKnownSessions } from './knownTokens.ts'
import { watchTokens } from './tokenWatch.ts'

function rowOf(name: string): SessionRow {
  return {
    token_hash: name,
    id: `session of ${name}`,
    account_id: null,
    owner_id: 'owner',
    replaced_hash: null,
    is_confirmed: 1,
    is_kept: 0,
    device: '',
    created_at: 0,
    issued_at: 0,
    used_at: 0,
    expires_at: Number.MAX_SAFE_INTEGER,
    revoked_at: null,
    changed_at: null,
  }
}

const revocationOf = (name: string): TokenChange => ({
  tokenHash: name,
  id: `session of ${name}`,
  expiresAt: 0,
  changedAt: 0,
  revokedAt: 0,
})

/** A node that is told what other nodes revoke. */
async function openNode() {
  const folder = await temporaryFolder()
  const { queries, close } = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  const clock = createFakeClock()
  const known = createKnownSessions({
    queries,
    steadyTime: clock.now,
    clock,
    requireTrust() {
      if (node.isCutOff) throw new RiachoError('STORAGE_UNAVAILABLE', 'cut off')
    },
  })
  const node = {
    clock,
    known,
    queries,
    /** How often it asked. */
    asked: 0,
    /** The time after which it asked. */
    after: 0,
    changes: [] as TokenChange[],
    isAway: false,
    isCutOff: false,
    async [Symbol.asyncDispose]() {
      watch.close()
      await close()
      await folder[Symbol.asyncDispose]()
    },
  }
  const watch = watchTokens({
    known: [known],
    steadyTime: clock.now,
    clock,
    async changedAfter(time) {
      node.asked += 1
      node.after = time
      if (node.isAway) throw new Error('away')
      return node.changes
    },
  })
  return node
}

/** A reader that counts how often it was ended. */
function openReader() {
  return {
    revoked: 0,
    revoke() {
      this.revoked += 1
    },
  }
}

test('a node asks only while it remembers a token or has a reader', async () => {
  await using node = await openNode()
  await node.clock.advance(60_000)
  expect(node.asked).toBe(0)
  const letGo = node.known.hold('session', openReader())
  await node.clock.advance(4000)
  expect(node.asked).toBe(10)
  letGo()
  await node.clock.advance(60_000)
  expect(node.asked).toBe(11)
  node.known.add(rowOf('a'))
  await node.clock.advance(60_000)
  const whileKnown = node.asked
  expect(whileKnown).toBeGreaterThan(100)
  // Nobody uses the token for five minutes.
  await node.clock.advance(300_000)
  const after = node.asked
  await node.clock.advance(60_000)
  expect([node.asked, node.known.isInUse]).toEqual([after, false])
})

test('what another node revokes is forgotten within half a second, and its readers end', async () => {
  await using node = await openNode()
  node.known.add(rowOf('a'))
  node.known.add(rowOf('b'))
  const [reader, other] = [openReader(), openReader()]
  node.known.hold('session of a', reader)
  node.known.hold('session of b', other)
  node.changes = [revocationOf('a')]
  await node.clock.advance(500)
  expect([reader.revoked, other.revoked]).toEqual([1, 0])
  expect(await node.known.find('a')).toEqual({})
  expect((await node.known.find('b')).token?.row.id).toBe('session of b')
})

test('a reader that begins after its session was revoked ends at once', async () => {
  await using node = await openNode()
  node.known.learn([revocationOf('a')])
  const reader = openReader()
  node.known.hold('session of a', reader)
  expect(reader.revoked).toBe(1)
})

test('it asks again for what may have been stored late', async () => {
  await using node = await openNode()
  node.known.hold('session', openReader())
  await node.clock.advance(1000)
  expect(node.after).toBeLessThanOrEqual(node.clock.now() - 60_000)
})

test('a node that gets no answer for 10 s trusts nothing that it remembers', async () => {
  await using node = await openNode()
  node.known.add(rowOf('a'))
  node.known.hold('session of b', openReader())
  node.isAway = true
  await node.clock.advance(9_000)
  expect((await node.known.find('a')).token).toBeDefined()
  await node.clock.advance(2_000)
  expect(await node.known.find('a')).toEqual({})
  // It asks back to its last answer.
  node.isAway = false
  node.after = Number.NaN
  await node.clock.advance(500)
  expect(node.after).toBeLessThanOrEqual(node.clock.start)
})

test('a node remembers 10,000 tokens, and asks for others', async () => {
  await using node = await openNode()
  await insertSession(node.queries, rowOf('0'))
  for (let index = 0; index <= 10_000; index++) node.known.add(rowOf(String(index)))
  await node.queries.deleteFrom('sessions').execute()
  expect(await node.known.find('0')).toEqual({})
  expect((await node.known.find('1')).token).toBeDefined()
})

test('a node that is cut off does not wait for the database to look a token up', async () => {
  await using node = await openNode()
  await insertSession(node.queries, rowOf('stored'))
  node.known.add(rowOf('remembered'))
  node.isCutOff = true
  await expect(node.known.find('stored')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect((await node.known.find('remembered')).token).toBeDefined()
})
