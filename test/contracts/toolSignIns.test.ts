import { describe, expect, test } from 'vitest'
import {
  answerLiveQuestion,
  deleteLiveQuestion,
  findLiveQuestion,
  insertLiveQuestion,
} from '../../src/server/database/tools/liveQuestions.ts'
import {
  beginRenewal,
  dropTokens,
  endRenewal,
  findTokens,
  forgetToolSignIns,
  insertSignIn,
  moveToolTokens,
  replaceTokens,
  storeTokens,
  takeSignIn,
} from '../../src/server/database/tools/signIns.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'

const SIGN_IN = {
  key: 'key-1',
  owner_id: 'owner-1',
  session_id: 'session-1',
  server: 'calendar',
  sealed: 'x',
  expires_at: 1000,
}
const OWN = { key: 'key-1', ownerId: 'owner-1', sessionId: 'session-1', now: 999 }
const TOKENS = { owner_id: 'owner-1', server: 'calendar', sealed: 'first', created_at: 1 }

describe.each(Object.entries(bothDatabases().databases))('on %s', (_name, withDatabase) => {
  test('a sign-in is taken once, in time, and by its owner and session alone', () =>
    withDatabase(async ({ write }) => {
      await write('process', each => insertSignIn(each, SIGN_IN, 0))
      const take = (how: object) => write('process', each => takeSignIn(each, { ...OWN, ...how }))
      for (const other of [
        { ownerId: 'owner-2' },
        { sessionId: 'session-2' },
        { sessionId: undefined },
        { key: 'k' },
      ])
        expect(await take(other)).toBeUndefined()
      const taken = await Promise.all([take({}), take({})])
      expect(taken.filter(Boolean)).toHaveLength(1)
      await write('process', each => insertSignIn(each, { ...SIGN_IN, key: 'key-2', session_id: null }, 0))
      expect(await take({ key: 'key-2', sessionId: undefined, now: 1000 })).toBeUndefined()
      expect(await take({ key: 'key-2', sessionId: undefined })).toBeUndefined()
    }))

  test('what is over goes with the next sign-in', () =>
    withDatabase(async ({ queries, write }) => {
      await write('process', each => insertSignIn(each, SIGN_IN, 0))
      await write('process', each => insertSignIn(each, { ...SIGN_IN, key: 'key-2', expires_at: 9000 }, 2000))
      const rows = await queries.selectFrom('tool_sign_ins').select('key').execute()
      expect(rows).toEqual([{ key: 'key-2' }])
    }))

  test('tokens are replaced and dropped only as long as no others are stored', () =>
    withDatabase(async ({ queries, write }) => {
      const stored = async () => (await findTokens(queries, TOKENS))?.sealed
      await write('process', each => storeTokens(each, TOKENS))
      expect(await write('process', each => replaceTokens(each, TOKENS, 'second'))).toBe(true)
      expect(await write('process', each => replaceTokens(each, TOKENS, 'third'))).toBe(false)
      await write('process', each => dropTokens(each, TOKENS))
      expect(await stored()).toBe('second')
      await write('process', each => storeTokens(each, { ...TOKENS, sealed: 'anew' }))
      expect(await stored()).toBe('anew')
      await write('process', each => dropTokens(each, { ...TOKENS, sealed: 'anew' }))
      expect(await stored()).toBeUndefined()
    }))

  test('one at a time renews tokens, and another one only once it has ended or has had its time', () =>
    withDatabase(async ({ write }) => {
      await write('process', each => storeTokens(each, TOKENS))
      const begin = (now: number, sealed = 'first') =>
        write('process', each => beginRenewal(each, { ...TOKENS, sealed }, { now, until: now + 10 }))
      expect((await Promise.all([begin(1), begin(1), begin(1)])).filter(Boolean)).toHaveLength(1)
      expect(await begin(11)).toBe(false)
      expect(await begin(12)).toBe(true)
      await write('process', each => endRenewal(each, TOKENS))
      expect(await begin(13, 'others')).toBe(false)
      expect(await begin(13)).toBe(true)
      await write('process', each => replaceTokens(each, TOKENS, 'second'))
      expect(await begin(14)).toBe(false)
      expect(await begin(14, 'second')).toBe(true)
    }))

  test('an account gets what a visitor has, keeps its own, and an erased owner has nothing', () =>
    withDatabase(async ({ queries, write }) => {
      await write('process', async each => {
        await storeTokens(each, TOKENS)
        await storeTokens(each, { ...TOKENS, server: 'mail' })
        await storeTokens(each, { ...TOKENS, owner_id: 'owner-2', sealed: 'own' })
        await insertSignIn(each, SIGN_IN, 0)
        await moveToolTokens(each, { from: 'owner-1', to: 'owner-2' })
      })
      const all = () =>
        queries.selectFrom('tool_tokens').select(['owner_id', 'server', 'sealed']).orderBy('server').execute()
      expect(await all()).toEqual([
        { owner_id: 'owner-2', server: 'calendar', sealed: 'own' },
        { owner_id: 'owner-2', server: 'mail', sealed: 'first' },
      ])
      expect(await queries.selectFrom('tool_sign_ins').selectAll().execute()).toEqual([])
      await write('process', each => forgetToolSignIns(each, 'owner-2'))
      expect(await all()).toEqual([])
    }))

  test('of all that answer a question at once one is the first', () =>
    withDatabase(async ({ queries, write }) => {
      const asked = { id: 'q-1', run_id: 'run-1', conversation_id: 'c-1', question: '{}' }
      await write('process', each => insertLiveQuestion(each, asked))
      const given = ['a', 'b', 'c']
      const taken = await Promise.all(
        given.map(answer => write('process', each => answerLiveQuestion(each, { id: 'q-1', answer }))),
      )
      expect(taken.filter(Boolean)).toHaveLength(1)
      expect((await findLiveQuestion(queries, 'q-1'))?.answer).toBe(given[taken.indexOf(true)])
      await write('process', each => deleteLiveQuestion(each, 'q-1'))
      expect(await write('process', each => answerLiveQuestion(each, { id: 'q-1', answer: 'd' }))).toBe(false)
    }))
})
