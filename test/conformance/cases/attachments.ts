import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Part } from '../../../src/protocol/parts.ts'
import type { Case } from '../case.ts'
import { readConversation, type Session } from '../session.ts'
import { assertRefused } from './expect.ts'

const AFTER_TEXT = 'in their order, after its text part'
const ALONE = '`content` may be blank only if there are attachments. The message then has no text part.'
const ATTACHMENTS = [
  { name: 'ações.txt', text: 'três\nações' },
  { name: 'b.md', text: '```\n# b' },
]
/** The parts that the attachments become. The first one has the id `first`. */
const filesFrom = (first: number) =>
  ATTACHMENTS.map(({ name, text }, index) => ({ id: String(first + index), type: 'file', name, text }))

/** The stored parts of a message that is sent with `body`. */
async function partsOf(session: Session, body: object): Promise<Part[] | undefined> {
  await using live = await session.live({ body })
  const { messages } = await readConversation(live.client, live.start.conversationId)
  return messages[0]?.parts
}

export const attachmentCases: Case[] = [
  {
    id: 'attachments-after-text',
    rule: AFTER_TEXT,
    async check(session) {
      const parts = await partsOf(session, { attachments: ATTACHMENTS })
      assert.deepEqual(parts, [{ id: '1', type: 'text', text: session.question }, ...filesFrom(2)])
    },
  },
  {
    id: 'attachments-alone',
    rule: ALONE,
    async check(session) {
      assert.deepEqual(await partsOf(session, { content: ' ', attachments: ATTACHMENTS }), filesFrom(1))
    },
  },
  {
    id: 'attachments-bounds',
    rule: '`attachments` are 1 to 10: texts with the names of their files, and [files](#files) that are `ready`, each file once.',
    async check(session) {
      const client = await session.owner()
      const [one] = ATTACHMENTS
      const wrong = [
        [],
        Array.from({ length: 11 }, () => one),
        [{ ...one, name: '' }],
        [{ ...one, name: ' ' }],
        [{ ...one, text: '' }],
        [{ ...one, text: '\n' }],
        [{ ...one, type: 'text/plain' }],
        ['a'],
      ]
      for (const attachments of wrong) {
        const answer = await client.post('/api/chat/send', { content: session.question, attachments })
        assertRefused(answer, 400, 'INVALID_REQUEST')
      }
    },
  },
  {
    id: 'mismatch-attachments',
    rule: 'The same id with another body is `422 IDEMPOTENCY_MISMATCH`.',
    async check(session) {
      const body = { content: session.question, clientMessageId: randomUUID(), attachments: ATTACHMENTS }
      await using live = await session.live({ body })
      const [one, two] = ATTACHMENTS
      const others = [
        undefined,
        [one],
        [two, one],
        [{ ...one, name: 'x' }, two],
        [{ ...one, text: 'x' }, two],
      ]
      for (const attachments of others) {
        const answer = await live.client.post('/api/chat/send', { ...body, attachments })
        assertRefused(answer, 422, 'IDEMPOTENCY_MISMATCH')
      }
    },
  },
]
