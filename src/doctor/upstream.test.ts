import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { readEnv } from '../server/config/env.ts'
import { hearProvider } from './upstream.ts'

test('a provider that says nothing in time is no provider that answers', async () => {
  await using server = createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { openai } = readEnv({ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: 'river' })
  if (!openai) throw new Error('the settings name a provider')
  expect(await hearProvider(openai, 50)).toBe('no answer in time')
})
