import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import type { ToolProgress } from '../../protocol/tools.ts'
import { type CallOptions, callTool } from './callTool.ts'
import type { PersonAnswer, Tool, ToolQuestion } from './tools.ts'

const CANCEL: PersonAnswer = { action: 'cancel' }

/** Options of a call whose tool does this. */
function calling(run: Tool['run'], ask: CallOptions['context']['ask'] = async () => CANCEL) {
  const { signal } = new AbortController()
  const clock = createFakeClock()
  return {
    tool: {
      name: 'soma',
      description: 'Adds.',
      parameters: { type: 'object' },
      asks: false,
      digest: 'x',
      run,
    },
    args: {},
    context: { ownerId: 'owner-1', conversationId: 'c-1', callId: 'reply-1/call-1', signal, ask },
    onProgress: () => {},
    clock,
    logger: silentLogger,
  }
}

test('what a tool tells before its answer is progress, and what it tells later counts for nothing', async () => {
  const told: ToolProgress[] = []
  const onProgress: Parameters<Tool['run']>[1]['onProgress'][] = []
  const end = await callTool({
    ...calling(async (_, context) => {
      onProgress.push(context.onProgress)
      context.onProgress({ done: 1 })
      return { content: '3' }
    }),
    onProgress: progress => told.push(progress),
  })
  expect(end).toMatchObject({ status: 'completed', content: '3' })
  onProgress[0]?.({ done: 2 })
  expect(told).toEqual([{ done: 1 }])
})

const QUESTION: ToolQuestion = { mode: 'form', message: 'Quem?', fields: [] }

test('the time of a person is not that of a tool, whatever else the tool tells or asks meanwhile', async () => {
  const answers: ((answer: PersonAnswer) => void)[] = []
  const options = calling(
    async (_, { ask, onProgress }) => {
      const both = [ask(QUESTION), ask(QUESTION)]
      await both[0]
      onProgress({ done: 1 })
      return { content: (await both[1])?.action ?? '' }
    },
    () => new Promise(resolve => answers.push(resolve)),
  )
  const end = callTool(options)
  await expect.poll(() => answers.length).toBe(2)
  answers[0]?.(CANCEL)
  await options.clock.advance(300_000)
  answers[1]?.({ action: 'accept' })
  expect(await end).toMatchObject({ status: 'completed', content: 'accept' })
})

test('a tool that says nothing after the person has answered took too long', async () => {
  const options = calling(async (_, { ask }) => {
    await ask(QUESTION)
    return new Promise<never>(() => {})
  })
  const end = callTool(options)
  // The answer of the person comes first.
  await new Promise(setImmediate)
  await options.clock.advance(119_999)
  expect(await Promise.race([end, 'waits'])).toBe('waits')
  await options.clock.advance(1)
  expect(await end).toMatchObject({ status: 'failed', content: expect.stringContaining('took too long') })
})
