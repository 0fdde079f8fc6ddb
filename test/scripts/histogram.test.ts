import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histogramOf, merge, percentileIn } from '../../bench/harness/histogram.ts'
import { percentile } from '../../bench/harness/statistics.ts'

const times = fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('a percentile of a histogram is within 1 % of the percentile of the values', () => {
  fc.assert(
    fc.property(times, share, (values, at) => {
      const exact = percentile(values, at)
      const told = percentileIn(histogramOf(values), at) ?? Number.NaN
      expect(Math.abs(told / exact - 1)).toBeLessThan(0.0101)
    }),
  )
})

test('merged histograms are the histogram of all values', () => {
  fc.assert(
    fc.property(times, times, (some, others) => {
      expect(merge([histogramOf(some), histogramOf(others)])).toEqual(histogramOf([...some, ...others]))
    }),
  )
})

test('a histogram of nothing has no percentile, and zeros are zero', () => {
  expect(percentileIn(histogramOf([]), 0.5)).toBeUndefined()
  expect(percentileIn(histogramOf([0, 0, -1, 7]), 0.5)).toBe(0)
})
