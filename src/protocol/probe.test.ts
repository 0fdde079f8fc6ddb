import { describe, expect, test } from 'vitest'
import { type Diagnosis, diagnose, PROBE_INTERVAL, PROBE_TICKS, type ProbeRecord } from './probe.ts'
import { remediesOf } from './proxyRemedies.ts'

const ROUND_TRIP = 20

interface Link {
  /** When a tick sent at `at` arrives. */
  arrives?: (at: number) => number
  ticks?: number
  headers?: Record<string, string>
}

function record({
  arrives = at => at + ROUND_TRIP,
  ticks = PROBE_TICKS,
  headers = {},
}: Link = {}): ProbeRecord {
  const arrivals = Array.from({ length: ticks }, (_, tick) => {
    const at = tick * PROBE_INTERVAL
    return { tick, at, arrivedAt: arrives(at) }
  })
  return { headers: { 'x-accel-buffering': 'no', ...headers }, arrivals }
}

const LAST = (PROBE_TICKS - 1) * PROBE_INTERVAL
const atTheEnd = () => LAST + ROUND_TRIP
const every = (ms: number) => (at: number) => Math.ceil((at + 1) / ms) * ms + ROUND_TRIP

interface Case extends Link {
  name: string
  expected: Pick<Diagnosis, 'verdict' | 'causes'>
}

const STREAMS = { verdict: 'streams', causes: [] } as const

const CASES: Case[] = [
  { name: 'ticks that come as they are sent', expected: STREAMS },
  { name: 'a long but steady way', arrives: at => at + 900, expected: STREAMS },
  {
    name: 'two ticks that come together',
    arrives: at => (at === 450 ? 620 : at + ROUND_TRIP),
    expected: STREAMS,
  },
  { name: 'a small flush interval', arrives: every(250), expected: STREAMS },
  {
    name: 'everything at the end',
    arrives: atTheEnd,
    expected: { verdict: 'buffered', causes: ['allAtOnce'] },
  },
  {
    name: 'everything some time after the end',
    arrives: at => LAST + 3000 + at / 50,
    expected: { verdict: 'buffered', causes: ['allAtOnce'] },
  },
  { name: 'clumps', arrives: every(600), expected: { verdict: 'buffered', causes: ['clumps'] } },
  {
    name: 'everything at the end, compressed',
    arrives: atTheEnd,
    headers: { 'content-encoding': 'gzip' },
    expected: { verdict: 'buffered', causes: ['allAtOnce', 'compression'] },
  },
  {
    name: 'compressed, and yet as it is sent',
    headers: { 'content-encoding': 'br' },
    expected: { verdict: 'streams', causes: ['compression'] },
  },
  { name: 'not compressed, and said so', headers: { 'content-encoding': 'identity' }, expected: STREAMS },
  {
    name: 'a late start',
    arrives: at => at + 2500,
    expected: { verdict: 'delayed', causes: ['lateStart'] },
  },
  {
    name: 'a halt at the start that is caught up with',
    arrives: at => Math.max(at, 450) + at / 2,
    expected: { verdict: 'delayed', causes: ['unsteady'] },
  },
  { name: 'a cut in the middle', ticks: 3, expected: { verdict: 'cut', causes: ['cut'] } },
  { name: 'nothing at all', ticks: 0, expected: { verdict: 'cut', causes: ['cut'] } },
]

describe('the verdict on', () => {
  test.each(CASES)('$name', ({ expected, ...link }) => {
    expect(diagnose(record(link))).toMatchObject(expected)
  })
})

test('the diagnosis says how long text was held back', () => {
  expect(diagnose(record({ arrives: atTheEnd })).heldFor).toBe(LAST)
})

test('a lost x-accel-buffering counts only where something holds text back', () => {
  const headers = { headers: {}, arrivals: record({ arrives: atTheEnd }).arrivals }
  expect(diagnose(headers).causes).toEqual(['allAtOnce', 'headerLost'])
  expect(diagnose({ headers: {}, arrivals: record().arrivals }).causes).toEqual([])
})

test.each([
  [{ server: 'nginx/1.22.1' }, 'nginx'],
  [{ server: 'openresty' }, 'nginx'],
  [{ server: 'Apache/2.4.62 (Debian)' }, 'Apache'],
  [{ via: '1.1 Caddy' }, 'Caddy'],
  [{ server: 'cloudflare', 'cf-ray': '8f' }, 'Cloudflare'],
  [{ server: 'Microsoft-IIS/10.0' }, 'IIS'],
  [{ 'x-powered-by': 'ARR/3.0' }, 'IIS'],
  [{ server: 'something else' }, null],
  [{}, null],
])('the proxy that says %o is %s', (headers, proxy) => {
  expect(diagnose(record({ headers })).proxy).toBe(proxy)
})

test('the remedy has the lines of the proxy that names itself', () => {
  const headers = { server: 'nginx', 'content-encoding': 'gzip' }
  expect(remediesOf(diagnose(record({ arrives: atTheEnd, headers })))).toEqual([
    { proxy: 'nginx', lines: ['proxy_buffering off;', 'gzip off;'] },
  ])
})

test('if no proxy names itself, the remedy has the lines of every known one', () => {
  const remedies = remediesOf(diagnose(record({ arrives: atTheEnd })))
  expect(remedies.map(({ proxy }) => proxy)).toEqual(['nginx', 'Apache', 'Caddy', 'Cloudflare', 'IIS'])
  expect(remedies.every(({ lines }) => lines.length === 1)).toBe(true)
})

test('if the header got lost behind a named proxy, nginx is a suspect too', () => {
  const { arrivals } = record({ arrives: atTheEnd })
  const remedies = remediesOf(diagnose({ headers: { server: 'cloudflare' }, arrivals }))
  expect(remedies.map(({ proxy }) => proxy)).toEqual(['Cloudflare', 'nginx'])
})

test('if the stream is fine there is no remedy', () => {
  expect(remediesOf(diagnose(record()))).toEqual([])
})
