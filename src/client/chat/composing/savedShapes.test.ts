import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FUZZ } from '../../../../test/harness/fuzzRuns.ts'
import { attachmentsIn, editingIn, namedMessagesIn, savedMessagesIn } from './savedShapes.ts'

const FILE = { name: 'a.txt', text: 'um' }
const NAMED = { clientMessageId: 'n', content: 'Oi', attachments: [FILE] }
const EDITING = { messageId: 'm', content: 'Oi', attachments: [], returned: NAMED }
const SAVED = {
  ...NAMED,
  conversationId: 'c',
  temporary: true,
  assistant: null,
  parentId: null,
  editOf: null,
  wasQueued: false,
  createdAt: 1,
  queue: [NAMED],
}

test('what this page saves is read as it was', () => {
  expect(attachmentsIn([FILE])).toEqual([FILE])
  expect(namedMessagesIn([NAMED])).toEqual([NAMED])
  expect(editingIn(EDITING)).toEqual(EDITING)
  expect(savedMessagesIn([SAVED])).toEqual([SAVED])
})

test('a message that an older version saved gets the fields that it lacks', () => {
  expect(
    savedMessagesIn([{ clientMessageId: 'n', content: 'Oi', conversationId: 'c', createdAt: 1 }]),
  ).toEqual([{ ...SAVED, temporary: false, attachments: [], queue: [], parentId: undefined }])
})

const KEYS = [...Object.keys(SAVED), ...Object.keys(EDITING), 'name', 'text']
const anything = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(null, undefined, 'Oi', '', 0, true, FILE, NAMED, EDITING, SAVED),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6 }),
    fc.jsonValue({ maxDepth: 2 }),
  ),
})).value

test('whatever is in the storage, what is read of it is messages with texts', () => {
  const isFile = (file: unknown) =>
    expect(file).toEqual({ name: expect.any(String), text: expect.any(String) })
  const isComposed = ({ content, attachments }: { content: string; attachments: readonly unknown[] }) => {
    expect(content).toEqual(expect.any(String))
    attachments.forEach(isFile)
  }
  fc.assert(
    fc.property(anything, saved => {
      attachmentsIn(saved).forEach(isFile)
      const editing = editingIn(saved)
      if (editing) isComposed(editing)
      if (editing?.returned) isComposed(editing.returned)
      for (const message of [...namedMessagesIn(saved), ...savedMessagesIn(saved)]) {
        expect(message.clientMessageId).toEqual(expect.any(String))
        isComposed(message)
      }
      for (const { queue } of savedMessagesIn(saved)) queue.forEach(isComposed)
    }),
    { numRuns: 1000 * FUZZ },
  )
})
