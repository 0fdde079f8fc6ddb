import { expect, test } from 'vitest'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { runStart } from '../harness/log.ts'
import { withPostgres } from './openedStores.ts'

const OWNER = 'owner-1'
const start = runStart()
const frames = 'id: 2\ndata: {"content":"Um rio"}\n\n'

test('a run that its node no longer knows has all its text when the node takes it up again', () =>
  withPostgres(async ({ accept, store, node }) => {
    await accept({ ownerId: OWNER, start, startedAt: 1, stored: firstEvents(start) })
    await store.commit([{ ownerId: OWNER, start, segment: { fromSeq: 2, toSeq: 2, frames } }], 'process')
    const { promise: found, resolve: onDeath } = Promise.withResolvers<void>()
    node.start({
      knows: () => false,
      onDeath,
      onDoubt() {},
      onFenced() {},
      onSettleAsked: async () => {},
      onStops() {},
    })
    await found
    expect(await node.takeOver()).toMatchObject([{ lastSeq: 2, parts: [{ text: 'Um rio' }] }])
    await node.close()
  }))
