import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

/** A span as OTLP writes it in JSON. */
interface ExportedSpan {
  name: string
  spanId: string
  traceId: string
  parentSpanId?: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code?: number; message?: string }
}

/** A collector of traces, and all that it was sent. */
async function startCollector() {
  const sent: unknown[] = []
  const server = createServer((request, response) => {
    void json(request).then(body => {
      sent.push(body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => JSON.stringify(sent),
    spans: () =>
      (sent as { resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[] }[])
        .flatMap(({ resourceSpans }) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const attributesOf = ({ attributes }: ExportedSpan) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

test('the metrics count runs by status and code, and tokens and cost by model', async () => {
  await using upstream = await createUpstream()
  const settings = { TITLES: 'words', MAX_ATTEMPTS: '1', MODEL_PRICES: 'test-model=1/0.1/2' }
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  upstream.replyOnce({ tokens: ['um', ' dois'], usage: { input: 1_000_000, output: 500_000 } })
  await using good = await client.send({ content: 'Oi' })
  await good.end()
  upstream.replyOnce('unauthorized')
  await using bad = await client.send({ content: 'Oi' })
  const { code } = await bad.end()
  const { text } = await client.get('/metrics')
  for (const line of [
    'riacho_runs_total{status="completed",code=""} 1',
    `riacho_runs_total{status="failed",code="${code}"} 1`,
    'riacho_run_seconds_count 2',
    'riacho_first_token_seconds_count 1',
    'riacho_tokens_total{model="test-model",direction="input"} 1000000',
    'riacho_tokens_total{model="test-model",direction="output"} 500000',
    'riacho_cost_total{model="test-model",currency="USD"} 2',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).toMatch(/^riacho_build_info\{version="\d+\.\d+\.\d+"\} 1$/m)
})

test('a collector gets a trace of each run, with its phases and without a word of it', async () => {
  await using collector = await startCollector()
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const settings = { TITLES: 'words', MAX_ATTEMPTS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
  await using server = await startProcess({ upstream, folder, settings })
  upstream.replyOnce({ tokens: ['jabuticaba', ' madura'], delayMs: 5, usage: { input: 3, output: 2 } })
  await using good = await server.client().send({ content: 'Que goiaba?' })
  await good.end()
  upstream.replyOnce('unauthorized')
  await using bad = await server.client().send({ content: 'Que goiaba?' })
  const { code } = await bad.end()
  await server.kill('SIGTERM')
  const spans = collector.spans()
  const traceOf = (runId: string) => {
    const root = spans.find(span => attributesOf(span)['riacho.run.id'] === runId)
    return { root, phases: spans.filter(({ parentSpanId }) => root && parentSpanId === root.spanId) }
  }
  const { root, phases } = traceOf(good.start.runId)
  expect(attributesOf(root as ExportedSpan)).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'test-model',
    'gen_ai.conversation.id': good.start.conversationId,
    'gen_ai.usage.input_tokens': 3,
    'gen_ai.usage.output_tokens': 2,
    'riacho.run.status': 'completed',
  })
  expect(phases.map(({ name }) => name)).toEqual(['accept', 'first byte', 'stream', 'commit'])
  const ends = [root?.startTimeUnixNano, ...phases.map(({ endTimeUnixNano }) => endTimeUnixNano)]
  expect(phases.map(({ startTimeUnixNano }) => startTimeUnixNano)).toEqual(ends.slice(0, -1))
  expect(ends.at(-1)).toBe(root?.endTimeUnixNano)
  expect(phases.every(({ traceId }) => traceId === root?.traceId)).toBe(true)

  const failed = traceOf(bad.start.runId)
  expect(failed.phases.map(({ name }) => name)).toEqual(['accept', 'first byte', 'commit'])
  expect(failed.root?.status).toEqual({ code: 2, message: code })
  expect(failed.root?.traceId).not.toBe(root?.traceId)
  for (const word of ['jabuticaba', 'madura', 'goiaba']) expect(collector.text()).not.toContain(word)
})

test('a run goes on with the trace of the request that it was accepted with', async () => {
  await using collector = await startCollector()
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const settings = { TITLES: 'words', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
  await using server = await startProcess({ upstream, folder, settings })
  upstream.reply({ tokens: ['um'] })
  const client = server.client()
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const spanId = 'b7ad6b7169203331'
  const runWith = async (traceparent: string) => {
    await using stream = await client.send({ content: 'Oi' }, { traceparent })
    await stream.end()
    return stream.start
  }
  const within = await runWith(`00-${traceId}-${spanId}-01`)
  const again = await client.post(
    '/api/chat/runs',
    { userMessageId: within.userMessageId },
    {
      traceparent: `00-${traceId}-${spanId}-01`,
    },
  )
  expect(again.status).toBe(200)
  const malformed = await runWith(`00-${traceId}-${spanId}`)
  const unrecorded = await runWith(`00-${traceId}-${spanId}-00`)
  await server.kill('SIGTERM')
  const rootOf = (runId: string) =>
    collector.spans().find(span => attributesOf(span)['riacho.run.id'] === runId)
  expect(rootOf(within.runId)).toMatchObject({ traceId, parentSpanId: spanId })
  expect(collector.spans().filter(({ parentSpanId }) => parentSpanId === spanId)).toHaveLength(2)
  expect(rootOf(malformed.runId)?.parentSpanId || undefined).toBeUndefined()
  expect(rootOf(malformed.runId)?.traceId).not.toBe(traceId)
  // Whoever began the trace decided that it is not recorded.
  expect(rootOf(unrecorded.runId)).toBeUndefined()
  // No provider learns of the trace.
  expect(upstream.requests.length).toBeGreaterThan(0)
  for (const { headers } of upstream.requests) expect(headers).not.toHaveProperty('traceparent')
})

test('a collector that is away costs nothing but a line of the log', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const settings = { TITLES: 'words', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
  await using server = await startProcess({ upstream, folder, settings })
  upstream.replyOnce({ tokens: ['um'] })
  await using stream = await server.client().send({ content: 'Oi' })
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(await server.kill('SIGTERM')).toBe(0)
})
