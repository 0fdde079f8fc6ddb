import { expect, test } from 'vitest'
import { createManualTimers } from '../client/testing/manualTimers.ts'
import { createApi } from './riachoApi.ts'
import { stopRun } from './stopRun.ts'

const ended = () => Response.json({ status: 'stopped', lastSeq: 3 })
const active = () => Response.json({ status: 'active', lastSeq: 2 }, { status: 202 })
const refused = (status: number, headers = {}) => new Response('{}', { status, headers })

/** Stops a run. The answers come one after another, and the last one again and again. */
function stop(...answers: (() => Response | Promise<Response>)[]) {
  const timers = createManualTimers()
  const begin = timers.now()
  const asked: number[] = []
  const fetch = async () => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? ended
    asked.push((timers.now() - begin) / 1000)
    return answer()
  }
  let overAt: number | null = null
  void stopRun(createApi({ fetch }), 'run', timers).then(() => {
    overAt = (timers.now() - begin) / 1000
  })
  return async () => {
    await timers.advance(600_000)
    return { asked, overAt }
  }
}

test('an answer that the run has ended is enough', async () => {
  expect(await stop(ended)()).toEqual({ asked: [0], overAt: 0 })
})

test('a run that has not ended yet is asked for at once, because the server waits before it answers', async () => {
  expect(await stop(active, active, ended)()).toEqual({ asked: [0, 0, 0], overAt: 0 })
})

test('a refusal that passes is asked again, after the time that the server names', async () => {
  const answers = [() => refused(503), () => refused(429, { 'retry-after': '7' }), () => refused(500), ended]
  expect(await stop(...answers)()).toEqual({ asked: [0, 1, 8, 12], overAt: 12 })
})

test('a refusal for good is the end', async () => {
  for (const status of [401, 403, 404])
    expect(await stop(() => refused(status))()).toEqual({ asked: [0], overAt: 0 })
})

test('nothing is waited for after the last attempt', async () => {
  const lost = () => Promise.reject(new TypeError('fetch failed'))
  expect(await stop(lost)()).toEqual({ asked: [0, 1, 3, 7, 15], overAt: 15 })
})
