import fc from 'fast-check'
import { createElement } from 'react'
import { expect, test } from 'vitest'
import { EXPORT_MESSAGES } from '../../src/protocol/exportMessages.ts'
import { composedOf, type Part, type StoredPart, textOf, withPartIds } from '../../src/protocol/parts.ts'
import { Parts } from '../../src/react/components/messages/parts.tsx'
import { markupOf } from '../../src/react/markdown/testing/drawn.ts'
import { HOSTILE_UNITS } from '../../src/react/markdown/testing/hostileMarkdown.ts'
import { searchableText } from '../../src/server/database/searchText.ts'
import { conversationMarkdown } from '../../src/server/exporting/conversationMarkdown.ts'
import { historyAsText } from '../../src/server/generation/history.ts'
import { lengthOfParts } from '../../src/server/generation/replyText.ts'
import { jsonOf } from '../../src/server/jsonOf.ts'
import { excerptOf, queryWords, sectionsOf, withoutMarks } from '../../src/server/search/excerpt.ts'
import { cleanTitle, firstWordsOf } from '../../src/server/titles/cleanTitle.ts'
import { EVERY_PART } from '../harness/everyPart.ts'
import { FUZZ } from '../harness/fuzzRuns.ts'
import { SEED } from '../harness/testSeed.ts'

const hostileText = fc
  .array(fc.constantFrom('a', ' ', '\n', ...HOSTILE_UNITS), { maxLength: 20 })
  .map(all => all.join(''))
const anything = fc.oneof(
  hostileText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, {}, [], [null], 0, [{ type: 'text', text: 'a' }], {
    type: 'text',
    text: {},
  }),
)

/** Only Riacho writes a break, so its fields are what they were. */
const { break: wholeBreak, ...written } = EVERY_PART
/** A part as a model or a person wrote it, or as an older version stored it: with anything in place of one of its fields. */
const writtenPart = fc.constantFrom(...Object.values(written)).chain(part => {
  const fields = Object.keys(part).filter(field => field !== 'type' && field !== 'id')
  return fc.tuple(fc.constantFrom(...fields), anything, fc.boolean()).map(([field, by, hasId]) => {
    const { id, ...rest } = part
    return { ...(hasId && { id }), ...rest, [field]: by }
  })
})

const storedPart = fc.oneof({ arbitrary: writtenPart, weight: 6 }, fc.constant(wholeBreak))

function storedAndRead(parts: readonly unknown[]): Part[] {
  return withPartIds(JSON.parse(JSON.stringify(parts)) as StoredPart[])
}

async function* branchOf(parts: Part[]) {
  yield { role: 'USER' as const, parts }
  yield { role: 'ASSISTANT' as const, parts }
}

async function* listsOf<Item>(items: readonly Item[]) {
  for (const item of items) yield [item]
}

test(`whatever is stored can be drawn, exported, searched, titled and continued (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(storedPart, { maxLength: 5 }), hostileText, async (stored, query) => {
      const parts = storedAndRead(stored)
      expect(storedAndRead(parts)).toEqual(parts)
      expect(textOf(parts)).toEqual(expect.any(String))
      expect(lengthOfParts(parts)).toBeGreaterThanOrEqual(0)
      const { content, attachments } = composedOf(parts)
      const texts = attachments.flatMap(each => ('text' in each ? [each.name, each.text] : each.name))
      for (const text of [content, ...texts]) expect(text).toEqual(expect.any(String))
      for (const section of sectionsOf(searchableText(parts)))
        excerptOf({ ...section, text: withoutMarks(section.text) }, queryWords(query))
      expect(cleanTitle(textOf(parts)).length).toBeLessThanOrEqual(80)
      firstWordsOf(textOf(parts))
      historyAsText([{ role: 'assistant', parts }])
      for (const isStreaming of [true, false]) markupOf(createElement(Parts, { parts, isStreaming }))
      const words = EXPORT_MESSAGES['pt-BR']
      const document = conversationMarkdown({
        title: query,
        branch: branchOf(parts),
        assistant: query,
        words,
      })
      for await (const piece of document) expect(piece).toEqual(expect.any(String))
      const fields = { conversation: { title: query }, messages: [{ parts }], shares: [] }
      for (const indent of [0, 2]) {
        let json = ''
        const pieces = jsonOf({ ...fields, messages: listsOf(fields.messages) }, { indent })
        for await (const piece of pieces) json += piece
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(fields)))
      }
    }),
    { numRuns: 300 * FUZZ },
  )
})

test(`the time of a JSON export grows no faster than what is stored (seed ${SEED})`, async () => {
  const timeOf = async (unit: string, length: number) => {
    const messages = listsOf([
      { parts: [{ id: '1', type: 'text', text: unit.repeat(length / unit.length) }] },
    ])
    const before = process.threadCpuUsage()
    for await (const piece of jsonOf({ messages }, { indent: 2 })) expect(piece).toEqual(expect.any(String))
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  }
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('"', '\\', '\n', '\0', '\ud800', ...HOSTILE_UNITS), async unit => {
      const long = await timeOf(unit, 400_000)
      if (long > 100 && (await timeOf(unit, 400_000)) > 9 * (await timeOf(unit, 100_000)) + 50)
        expect.fail(`${long} ms: ${JSON.stringify(unit)}`)
    }),
    { numRuns: 30 * FUZZ },
  )
})
