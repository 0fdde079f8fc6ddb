import { expect, test } from 'vitest'
import type { LauncherMessage } from '../protocol/widget.ts'
import { createHostBridge } from './hostBridge.ts'

const APP = 'https://app.example'
const START = 1_800_000_000_000

/** A token that ends so many seconds after the start. */
function tokenUntil(seconds: number): string {
  const payload = Buffer.from(JSON.stringify({ sub: 'áé', exp: START / 1000 + seconds })).toString(
    'base64url',
  )
  return `e30.${payload}.x`
}

/** A frame whose address names this origin, and the page around it. */
function openBridge(hash = `#${encodeURIComponent(APP)}`) {
  const said: { type: string; origin: string }[] = []
  const parent = {
    postMessage: ({ type }: { type: string }, origin: string) => void said.push({ type, origin }),
  }
  let listener: (event: object) => void = () => {}
  const frame = {
    parent,
    location: { hash },
    addEventListener: (_: string, heard: typeof listener) => {
      listener = heard
    },
  }
  const clock = { now: START }
  return {
    bridge: createHostBridge(frame as never, () => clock.now),
    said,
    clock,
    asked: () => said.filter(({ type }) => type === 'token-wanted').length,
    hear: (message: LauncherMessage, origin = APP, source: unknown = parent) =>
      listener({ source, origin, data: { riacho: 1, ...message } }),
  }
}

test('a token is asked for once, and used until shortly before its end', async () => {
  const { bridge, asked, hear, clock } = openBridge()
  const token = tokenUntil(100)
  const both = Promise.all([bridge.token(), bridge.token()])
  await new Promise(setImmediate)
  hear({ type: 'token', token })
  expect(await both).toEqual([token, token])
  clock.now += 69_999
  expect([await bridge.token(), asked()]).toEqual([token, 1])
  clock.now += 1
  const next = bridge.token()
  await new Promise(setImmediate)
  hear({ type: 'token', token: null })
  expect([await next, asked()]).toEqual([null, 2])
})

test('a token that was refused, or may be of somebody else, is not used again', async () => {
  const { bridge, asked, hear } = openBridge()
  let changes = 0
  bridge.onPersonChange(() => changes++)
  for (const forget of [bridge.forgetToken, () => hear({ type: 'person-changed' })]) {
    const first = bridge.token()
    await new Promise(setImmediate)
    hear({ type: 'token', token: tokenUntil(1000) })
    await first
    forget()
  }
  const last = bridge.token()
  await new Promise(setImmediate)
  expect([asked(), changes]).toEqual([3, 1])
  hear({ type: 'token-failed' })
  await expect(last).rejects.toThrow('the page gave no token')
})

test('a token that does not say when it ends is used once', async () => {
  const { bridge, asked, hear } = openBridge()
  for (const token of ['opaque', 'e30.e30.x']) {
    const answer = bridge.token()
    await new Promise(setImmediate)
    hear({ type: 'token', token })
    expect(await answer).toBe(token)
  }
  expect(asked()).toBe(2)
})

test('only the page around the frame is heard, at its origin, and told anything', async () => {
  const { bridge, said, hear } = openBridge()
  let opened = 0
  bridge.onOpen(() => opened++)
  hear({ type: 'open' }, 'https://evil.example')
  hear({ type: 'open' }, APP, {})
  expect(opened).toBe(0)
  hear({ type: 'open' })
  bridge.ready()
  bridge.close()
  expect([opened, said]).toEqual([
    1,
    [
      { type: 'ready', origin: APP },
      { type: 'close', origin: APP },
    ],
  ])
})

test.each(['', '#', '#null', '#*', '#javascript%3A1'])('a frame at %j tells nobody anything', hash => {
  const { bridge, said } = openBridge(hash)
  bridge.ready()
  expect(said).toEqual([])
})
