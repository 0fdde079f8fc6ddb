import { expect, test } from 'vitest'
import { conversationOf } from './formats/format.ts'
import { ownerFor } from './owner.ts'

const BASE = { owner: undefined, visitor: undefined, ignoresPeople: false }

/** Whose two conversations become, of which one names the person `ana` and the other names nobody. */
async function owners(given: { owner?: string; ignoresPeople?: boolean }) {
  const dropped: string[] = []
  const ownerOf = await ownerFor({ ...BASE, ...given }, { hasPeople: true })
  const found = ['ana', null].map(person =>
    ownerOf(conversationOf('1', { person }), reason => dropped.push(reason)),
  )
  return { found, dropped }
}

test('of a source with people, a named owner gets only what names nobody', async () => {
  const { found, dropped } = await owners({})
  expect(found).toEqual(['host:ana', null])
  expect(dropped).toEqual(['a conversation that names no person: import again with --owner for these'])
  expect((await owners({ owner: 'admin' })).found).toEqual(['host:ana', 'host:admin'])
})

test('one owner gets the conversations of other people only by a word of its own', async () => {
  expect((await owners({ owner: 'admin', ignoresPeople: true })).found).toEqual(['host:admin', 'host:admin'])
})

test('a person whose id no host can give is nobody else', async () => {
  const ownerOf = await ownerFor({ ...BASE, owner: 'admin' }, { hasPeople: true })
  const dropped: string[] = []
  const long = conversationOf('1', { person: 'x'.repeat(256) })
  expect(ownerOf(long, reason => dropped.push(reason))).toBe(null)
  expect(dropped).toHaveLength(1)
})
