/** How often each value came, in buckets of equal ratio. Histograms of many rounds can be added, percentiles cannot. */
export type Histogram = Record<number, number>

/** Each bucket is so many times as wide as the one before it. So a percentile is wrong by at most 1 %. */
const RATIO = 1.02
/** The smallest value that is told from 0, in milliseconds. */
const SMALLEST = 0.01

export function histogramOf(values: readonly number[]): Histogram {
  const histogram: Histogram = {}
  for (const value of values) {
    const bucket = value < SMALLEST ? -1 : Math.floor(Math.log(value / SMALLEST) / Math.log(RATIO))
    histogram[bucket] = (histogram[bucket] ?? 0) + 1
  }
  return histogram
}

export function merge(histograms: readonly Histogram[]): Histogram {
  const sum: Histogram = {}
  for (const histogram of histograms) {
    for (const [bucket, count] of Object.entries(histogram)) {
      sum[Number(bucket)] = (sum[Number(bucket)] ?? 0) + count
    }
  }
  return sum
}

/** The value below which this share of all values lies, in milliseconds. `undefined` if there are none. */
export function percentileIn(histogram: Histogram, share: number): number | undefined {
  const buckets = Object.entries(histogram).map(([bucket, count]) => ({ bucket: Number(bucket), count }))
  buckets.sort((one, other) => one.bucket - other.bucket)
  const total = buckets.reduce((sum, { count }) => sum + count, 0)
  const rank = Math.min(total - 1, Math.floor(total * share))
  let seen = 0
  for (const { bucket, count } of buckets) {
    seen += count
    if (seen > rank) return middleOf(bucket)
  }
  return undefined
}

function middleOf(bucket: number): number {
  return bucket < 0 ? 0 : SMALLEST * RATIO ** (bucket + 0.5)
}
