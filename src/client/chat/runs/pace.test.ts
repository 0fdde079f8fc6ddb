import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../protocol/events.ts'
import { createPacer, type Pacer } from './pace.ts'

const FRAME = 16
const END: StreamEvent = { type: 'run-end', status: 'completed' }
const GRAPHEMES = ['a', ' ', 'ç', 'e\u0301', '👋🏽', '👩‍👩‍👧', '🇧🇷', 'の', '\n', 'क्षि']

/** A screen on a clock that stands still until told; a draw is due with each frame. */
function createScreen({ isPaced = () => true }: { isPaced?: () => boolean } = {}) {
  let now = 1000
  let frames: ((gap: number) => void)[] = []
  const shown: StreamEvent[] = []
  let shows = 0
  const pacer: Pacer = createPacer({
    now: () => now,
    nextDraw: callback => frames.push(callback),
    isPaced,
    show: events => {
      shows += 1
      shown.push(...events)
    },
  })
  return {
    pacer,
    shown,
    shows: () => shows,
    text: () => shown.map(event => ('content' in event ? event.content : '')).join(''),
    now: () => now,
    frame: (milliseconds = FRAME, gap = milliseconds) => {
      now += milliseconds
      const due = frames
      frames = []
      for (const callback of due) callback(gap)
    },
  }
}

const word = (content: string): StreamEvent => ({ type: 'text-delta', content })
const arrivals = fc.array(
  fc.record({
    text: fc.array(fc.constantFrom(...GRAPHEMES), { minLength: 1, maxLength: 60 }).map(all => all.join('')),
    wait: fc.integer({ min: 0, max: 30 }),
  }),
  { minLength: 1, maxLength: 25 },
)

test('what is shown is a prefix of what arrived, never cut inside a character, at most 200 ms late, and in the end all', () => {
  fc.assert(
    fc.property(arrivals, fc.constantFrom(FRAME, 50, 100), (given, gap) => {
      const screen = createScreen()
      const times: { end: number; at: number }[] = []
      let arrived = ''
      const check = () => {
        const text = screen.text()
        expect(arrived.startsWith(text)).toBe(true)
        for (const { end, at } of times)
          if (screen.now() - at > 200) expect(text.length).toBeGreaterThanOrEqual(end)
      }
      /** Only a frame cuts: what arrives later may make the last character longer. */
      const frame = () => {
        const before = screen.text().length
        screen.frame(gap)
        const { length } = screen.text()
        const next = new Intl.Segmenter().segment(arrived.slice(before)).containing(length - before)
        if (next && length > before) expect(next.index).toBe(length - before)
        check()
      }
      for (const { text, wait } of given) {
        for (let turn = 0; turn < wait; turn++) frame()
        arrived += text
        times.push({ end: arrived.length, at: screen.now() })
        screen.pacer.push([word(text)])
        check()
      }
      screen.pacer.push([END])
      for (let spent = 0; spent <= 200 - gap; spent += gap) frame()
      expect(screen.text()).toBe(arrived)
      expect(screen.shown.at(-1)).toEqual(END)
    }),
  )
})

test('what comes after a pause shows in its first draw', () => {
  const screen = createScreen()
  for (const text of ['a', 'de', 'rio']) {
    const before = screen.text().length
    screen.pacer.push([word(text)])
    screen.frame(50)
    expect(screen.text().length).toBeGreaterThan(before)
    for (let turn = 0; turn < 10; turn++) screen.frame(50)
  }
  expect(screen.text()).toBe('aderio')
})

test('a draw that is late makes up for it', () => {
  const screen = createScreen()
  screen.pacer.push([word('a'.repeat(150))])
  screen.frame(50)
  screen.frame(100, 50)
  expect(screen.text().length).toBe(150)
})

test('a burst comes out evenly, in one piece a draw', () => {
  const screen = createScreen()
  screen.pacer.push([word('a'.repeat(150))])
  const sizes: number[] = []
  for (let turn = 0; turn < 8; turn++) {
    const before = screen.text().length
    screen.frame()
    sizes.push(screen.text().length - before)
  }
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(4)
  expect(screen.shows()).toBe(8)
})

test('the beginning and what comes between texts wait for nothing but the text before them', () => {
  const screen = createScreen()
  const source: StreamEvent = { type: 'source-add', url: 'https://a', title: 'A' }
  screen.pacer.push([source])
  expect(screen.shown).toEqual([source])
  screen.pacer.push([word('oi'), source, word('!')])
  for (let turn = 0; turn < 13; turn++) screen.frame()
  expect(screen.shown.map(({ type }) => type)).toEqual(expect.arrayContaining(['source-add', 'text-delta']))
  expect(screen.text()).toBe('oi!')
  expect(screen.shown.findLastIndex(({ type }) => type === 'source-add')).toBe(screen.shown.length - 2)
})

test('a stop freezes what is read until the end has come', () => {
  const screen = createScreen()
  screen.pacer.push([word('a'.repeat(90))])
  screen.frame()
  const { length } = screen.text()
  screen.pacer.freeze()
  for (let turn = 0; turn < 30; turn++) {
    screen.pacer.push([word('b')])
    screen.frame()
  }
  expect(screen.text().length).toBe(length)
  const order: string[] = []
  screen.pacer.push([{ type: 'run-end', status: 'stopped' }])
  screen.pacer.after(() => order.push('after'))
  expect(screen.text()).toBe('a'.repeat(90) + 'b'.repeat(30))
  expect(order).toEqual(['after'])
})

test('a stop that failed lets the text flow again', () => {
  const screen = createScreen()
  screen.pacer.push([word('abc')])
  screen.pacer.freeze()
  screen.frame()
  screen.pacer.thaw()
  for (let turn = 0; turn < 13; turn++) screen.frame()
  expect(screen.text()).toBe('abc')
})

test('a snapshot takes the place of the text that waits', () => {
  const screen = createScreen()
  const start = {
    runId: 'r',
    conversationId: 'c',
    userMessageId: 'u',
    messageId: 'm',
    model: '',
    assistant: '',
  }
  const snapshot: StreamEvent = {
    type: 'snapshot',
    ...start,
    parts: [{ id: '1', type: 'text', text: 'todo' }],
  }
  screen.pacer.push([word('perdido')])
  screen.pacer.push([snapshot])
  expect(screen.shown).toEqual([snapshot])
})

test('where nothing is paced, all is shown as it comes, also what was waiting', () => {
  let isPaced = true
  const screen = createScreen({ isPaced: () => isPaced })
  screen.pacer.push([word('abc')])
  isPaced = false
  screen.pacer.push([word('def'), END])
  expect(screen.text()).toBe('abcdef')
  isPaced = true
  screen.pacer.push([word('ghi')])
  screen.pacer.flush()
  expect(screen.text()).toBe('abcdefghi')
})

test('what is done afterwards waits for the last word, and a closed one does nothing', () => {
  const screen = createScreen()
  let isDone = false
  screen.pacer.push([word('a'.repeat(50)), END])
  screen.pacer.after(() => {
    isDone = true
  })
  screen.frame()
  expect(isDone).toBe(false)
  for (let turn = 0; turn < 13; turn++) screen.frame()
  expect(isDone).toBe(true)
  screen.pacer.close()
  screen.pacer.push([word('b')])
  screen.frame()
  expect(screen.text()).toBe('a'.repeat(50))
})
