import { expect, test } from 'vitest'
import { z } from 'zod'
import { isUuid } from './isUuid.ts'

test('an id is what the schemas of the requests take as one', () => {
  const known = '0f8fad5b-d9cb-469f-a165-70867728950e'
  const texts = [
    known,
    known.toUpperCase(),
    crypto.randomUUID(),
    '01890a5d-ac96-774b-bcce-b302099a8057',
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    // Another version or variant than there is.
    '0f8fad5b-d9cb-969f-a165-70867728950e',
    '0f8fad5b-d9cb-469f-c165-70867728950e',
    '11111111-1111-1111-1111-111111111111',
    `${known} `,
    `x${known}`,
    known.replaceAll('-', ''),
    'new',
    '',
  ]
  expect(texts.map(isUuid)).toEqual(texts.map(text => z.uuid().safeParse(text).success))
  expect(texts.filter(isUuid)).toHaveLength(6)
})
