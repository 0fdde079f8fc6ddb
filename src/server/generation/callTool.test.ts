import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import type { ToolProgress } from '../../protocol/tools.ts'
import { callTool } from './callTool.ts'
import type { Tool } from './tools.ts'

test('what a tool tells before its answer is progress, and what it tells later counts for nothing', async () => {
  const told: ToolProgress[] = []
  const onProgress: Parameters<Tool['run']>[1]['onProgress'][] = []
  const end = await callTool({
    tool: {
      name: 'soma',
      description: 'Adds.',
      parameters: { type: 'object' },
      asks: false,
      digest: 'of soma',
      async run(_, context) {
        onProgress.push(context.onProgress)
        context.onProgress({ done: 1 })
        return { content: '3' }
      },
    },
    args: {},
    context: {
      ownerId: 'owner-1',
      conversationId: 'conversation-1',
      callId: 'reply-1/call-1',
      signal: new AbortController().signal,
      ask: async () => ({ action: 'cancel' }),
    },
    onProgress: progress => told.push(progress),
    clock: createFakeClock(),
    logger: silentLogger,
  })
  expect(end).toMatchObject({ status: 'completed', content: '3' })
  onProgress[0]?.({ done: 2 })
  expect(told).toEqual([{ done: 1 }])
})
