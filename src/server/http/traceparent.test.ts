import { expect, test } from 'vitest'
import { readTraceparent } from './traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test('a traceparent names a trace, a span in it, and whether it is recorded', () => {
  expect(readTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    traceFlags: 1,
    isRemote: true,
  })
  expect(readTraceparent(`00-${TRACE}-${SPAN}-00`)?.traceFlags).toBe(0)
  // A later version is read as far as this one knows it.
  expect(readTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes-later`)?.traceId).toBe(TRACE)
})

test.each([
  undefined,
  '',
  'jabuticaba',
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}x-${SPAN}-01`,
  ` 00-${TRACE}-${SPAN}-01`,
])('%j is none', header => {
  expect(readTraceparent(header)).toBeUndefined()
})
