import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startWithAssistant } from '../harness/assistantFolder.ts'
import { partsOfFrames } from '../harness/client.ts'

const RECORDING = new URL('../../../shared/fixtures/openai/responses-web-search.txt', import.meta.url)
const hasRecording = existsSync(RECORDING)
if (!hasRecording) console.log('The recorded search is not here: its tests are skipped.')
const recording = hasRecording ? readFileSync(RECORDING, 'utf8').trim().split('\n') : []

test.skipIf(!hasRecording)(
  'what a provider searches for stands before its text, live, from every event on, and stored',
  async () => {
    await using world = await startWithAssistant('search: true')
    const { upstream, client } = world
    upstream.reply({ recording })
    await using stream = await client.send({ content: 'O que há de novo?' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const { body: asked } = await upstream.request(0)
    expect(asked).toMatchObject({
      tools: [{ type: 'web_search' }],
      include: ['web_search_call.action.sources'],
    })
    const parts = partsOfFrames(stream.frames)
    const searches = parts.filter(part => part.type === 'search')
    expect(searches[0]).toMatchObject({
      status: 'completed',
      queries: ['tech news today December 5 2025'],
      found: expect.any(Number),
    })
    expect(searches.map(({ status }) => status)).not.toContain('running')
    expect(parts.findLastIndex(({ type }) => type === 'search')).toBeLessThan(
      parts.findIndex(({ type }) => type === 'text'),
    )
    const { conversationId, runId } = stream.start
    const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
    expect(body.messages.at(-1)?.parts).toEqual(parts)
    for (let after = 0; after < stream.lastSeq; after++) {
      await using late = await client.follow(runId, after)
      await late.end()
      const seen = stream.frames.filter(({ seq }) => seq <= after)
      expect(partsOfFrames([...seen, ...late.frames])).toEqual(parts)
    }
    const markdown = await client.get(`/api/chat/conversations/${conversationId}/export?format=markdown`)
    expect(markdown.text).toContain('tech news today December 5 2025')
  },
)

test('a search that is stopped is not told as one that goes on', async () => {
  await using world = await startWithAssistant('search: true')
  const { upstream, client } = world
  const item = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }
  const gate = upstream.hold({
    recording: [
      JSON.stringify({ type: 'response.output_item.added', output_index: 0, item }),
      JSON.stringify({ type: 'response.output_item.done', output_index: 0, item }),
    ],
  })
  await using stream = await client.send({ content: 'Procure' })
  await gate.next()
  await stream.until(({ event }) => event.type === 'search-start')
  await client.post(`/api/chat/runs/${stream.start.runId}/stop`, {})
  expect(await stream.end()).toMatchObject({ status: 'stopped' })
  expect(partsOfFrames(stream.frames)).toMatchObject([{ type: 'search', status: 'stopped', queries: [] }])
  gate.open()
})

test.each(['responses', 'chat'] as const)(
  'with %s a server that cannot search answers without',
  async api => {
    await using world = await startWithAssistant('search: true', { settings: { OPENAI_API: api } })
    const { upstream, client } = world
    const name = api === 'chat' ? 'web_search_options' : 'web_search'
    upstream.replyOnce({ status: 400, body: { error: { message: `Unknown: '${name}'.` } } })
    await using stream = await client.send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    await using next = await client.send({ content: 'E?', conversationId: stream.start.conversationId })
    await next.end()
    const asked = upstream.requests.map(({ body }) => JSON.stringify(body).includes('web_search'))
    expect(asked).toEqual([true, false, false])
  },
)
