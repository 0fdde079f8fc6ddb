import { describe, expect, test } from 'vitest'
import {
  answerPause,
  declinePauses,
  findPause,
  insertPause,
  listGrants,
  storeGrant,
} from '../../src/server/database/pauses.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'

const PAUSE = { run_id: 'run-1', conversation_id: 'conversation-1', requests: '[]', kept: '[]' }

describe.each(Object.entries(bothDatabases().databases))('on %s', (_name, withDatabase) => {
  test('of all that answer a pause at once one is the first, and the others change nothing', () =>
    withDatabase(async ({ queries, write }) => {
      await write('process', each => insertPause(each, PAUSE))
      const runs = ['run-2', 'run-3', 'run-4']
      const answers = await Promise.all(
        runs.map(answeredBy => write('process', each => answerPause(each, { runId: 'run-1', answeredBy }))),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect((await findPause(queries, 'run-1'))?.answered_by).toBe(runs[answers.indexOf(true)])
    }))

  test('what was declined is not answered, and what was answered is not declined', () =>
    withDatabase(async ({ queries, write }) => {
      await write('process', async each => {
        await insertPause(each, PAUSE)
        await insertPause(each, { ...PAUSE, run_id: 'run-5' })
        await insertPause(each, { ...PAUSE, run_id: 'run-6', conversation_id: 'conversation-2' })
        expect(await answerPause(each, { runId: 'run-5', answeredBy: 'run-7' })).toBe(true)
        await declinePauses(each, 'conversation-1')
        expect(await answerPause(each, { runId: 'run-1', answeredBy: 'run-2' })).toBe(false)
        expect(await answerPause(each, { runId: 'run-6', answeredBy: 'run-8' })).toBe(true)
      })
      expect(await findPause(queries, 'run-1')).toMatchObject({ answered_by: null, declined: 1 })
      expect(await findPause(queries, 'run-5')).toMatchObject({ answered_by: 'run-7', declined: 0 })
    }))

  test('a tool is granted in one conversation, as it was when somebody last said so', () =>
    withDatabase(async ({ queries, write }) => {
      const grant = { conversation_id: 'conversation-1', tool: 'envia', digest: 'old' }
      await write('process', async each => {
        await storeGrant(each, grant)
        await storeGrant(each, { ...grant, digest: 'new' })
      })
      expect(await listGrants(queries, 'conversation-1')).toEqual([{ ...grant, digest: 'new' }])
      expect(await listGrants(queries, 'conversation-2')).toEqual([])
    }))
})
