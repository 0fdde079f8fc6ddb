import { expect, test } from 'vitest'
import { PATHS } from '../../../protocol/paths.ts'
import { type Diagnosis, PROBE_INTERVAL, PROBE_TICKS } from '../../../protocol/probe.ts'
import { createTestBrowser, createTestTimers, type TestBrowser } from '../../testing/testBrowser.ts'
import { type Arrival, createBufferingCheck } from './bufferingCheck.ts'
import { requestProbe } from './requestProbe.ts'

const NOW = 1_700_000_000_000
const TEXT = 'palavra '.repeat(60)

const text = (content: string) => ({ type: 'text-delta', content }) as const
const END = { type: 'run-end', status: 'completed' } as const
/** A reply that was asked for five seconds before all of it came at once. */
const ALL_AT_ONCE: Arrival = { key: 'k1', events: [text(TEXT), END], at: NOW + 5000, askedAt: NOW }

interface Options {
  /** How long before the next tick arrives; at 0 all come together. */
  tickEvery?: number
  status?: number
  after?: TestBrowser
}

/** A check in a browser whose probe is answered as told. `settled` resolves once the probe, if any, was judged. */
function setUp({ tickEvery = 0, status = 200, after }: Options = {}) {
  const timers = createTestTimers()
  const probes: string[] = []
  const found: Diagnosis[] = []
  const fetch = async (path: string) => {
    probes.push(path)
    let tick = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (tick === PROBE_TICKS) return controller.close()
          timers.advance(tick === 0 ? 0 : tickEvery)
          const data = JSON.stringify({ tick, at: tick * PROBE_INTERVAL })
          controller.enqueue(new TextEncoder().encode(`data: ${data}\n\n`))
          tick += 1
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { status, headers: { 'content-type': 'text/event-stream', server: 'nginx' } })
  }
  const browser = createTestBrowser({ fetch, timers, ...(after && { after }) })
  const check = createBufferingCheck({
    browser,
    requestProbe,
    onBuffered: diagnosis => found.push(diagnosis),
  })
  const settled = () => new Promise(resolve => setTimeout(resolve))
  return { browser, check, probes, found, settled }
}

test('a reply that comes all at once is looked into, and what holds it back is told', async () => {
  const { check, probes, found, settled } = setUp()
  check.arrived(ALL_AT_ONCE)
  await settled()
  expect(probes).toEqual([PATHS.probe])
  expect(found).toMatchObject([{ verdict: 'buffered', proxy: 'nginx' }])
})

test('a probe that streams tells nothing', async () => {
  const { check, probes, found, settled } = setUp({ tickEvery: PROBE_INTERVAL })
  check.arrived(ALL_AT_ONCE)
  await settled()
  expect([probes.length, found]).toEqual([1, []])
})

test('a probe that is refused tells nothing', async () => {
  const { check, probes, found, settled } = setUp({ status: 429 })
  check.arrived(ALL_AT_ONCE)
  await settled()
  expect([probes.length, found]).toEqual([1, []])
})

test('the probe runs once, however many replies come at once', async () => {
  const { check, probes, settled } = setUp()
  check.arrived(ALL_AT_ONCE)
  check.arrived({ ...ALL_AT_ONCE, key: 'k2' })
  await settled()
  check.arrived({ ...ALL_AT_ONCE, key: 'k3' })
  expect(probes.length).toBe(1)
})

test('what was dismissed is not looked into again in this browser', () => {
  const { check, browser } = setUp()
  check.dismiss()
  const next = setUp({ after: browser })
  next.check.arrived(ALL_AT_ONCE)
  expect(next.probes).toEqual([])
})

const many = (count: number) => Array.from({ length: count }, () => text('a'))

test.each<[string, boolean, Omit<Arrival, 'key'>[]]>([
  ['many short events at once', true, [{ events: many(20), at: 2000, askedAt: 0 }]],
  ['a few short events at once', false, [{ events: many(19), at: 2000, askedAt: 0 }]],
  ['much text, soon after it was asked for', false, [{ events: [text(TEXT)], at: 900, askedAt: 0 }]],
  [
    'much text in several pieces of one moment',
    true,
    [0, 40, 80].map(at => ({ events: many(7), at: 2000 + at, askedAt: at === 0 ? 0 : undefined })),
  ],
  [
    'text that comes word by word after a long wait',
    false,
    Array.from({ length: 100 }, (_, index) => ({
      events: many(1),
      at: 5000 + index * 25,
      askedAt: index === 0 ? 0 : undefined,
    })),
  ],
  [
    'text that is caught up with later in a reply',
    false,
    [
      { events: many(1), at: 2000, askedAt: 0 },
      { events: many(30), at: 4000, askedAt: undefined },
    ],
  ],
  ['a reply that was under way', false, [{ events: [text(TEXT)], at: 2000, askedAt: undefined }]],
])('%s: suspicious is %s', (_name, isSuspicious, arrivals) => {
  const { check, probes } = setUp()
  for (const arrival of arrivals) check.arrived({ key: 'k1', ...arrival })
  expect(probes.length).toBe(isSuspicious ? 1 : 0)
})
