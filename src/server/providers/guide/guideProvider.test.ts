import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import type { Locale } from '../../../protocol/locale.ts'
import type { Clock } from '../../clock.ts'
import type { ProviderMessage, ProviderRequest } from '../../generation/provider.ts'
import { createGuideProvider } from './guideProvider.ts'
import { loadGuide } from './sections.ts'

const guide = await loadGuide('docs/guide')

interface ManualClock extends Clock {
  readonly delays: number[]
  readonly waiting: Set<() => void>
}

/** Time passes at once, unless `stopped`: then whoever waits goes on waiting. */
function manualClock({ stopped = false } = {}): ManualClock {
  const waiting = new Set<() => void>()
  const timers: (() => void)[] = []
  const delays: number[] = []
  return {
    delays,
    waiting,
    now: () => 0,
    schedule(callback, delay) {
      const timer = () => {
        if (waiting.delete(timer)) callback()
      }
      waiting.add(timer)
      delays.push(delay)
      if (!stopped) queueMicrotask(timer)
      return timers.push(timer) - 1
    },
    cancel(timer) {
      const cancelled = timers[Number(timer)]
      if (cancelled) waiting.delete(cancelled)
    },
  }
}

function ask(
  text: string,
  { locale = 'pt-BR', earlier = [] }: { locale?: Locale; earlier?: ProviderMessage[] } = {},
) {
  const history: ProviderMessage[] = [...earlier, { role: 'user', text }]
  return { model: 'guide', instructions: '', history, locale } satisfies ProviderRequest
}

async function chunksFor(request: ProviderRequest, clock: Clock = manualClock()): Promise<string[]> {
  const service = createGuideProvider({ guide, clock })
  const chunks: string[] = []
  for await (const chunk of service.generate(request, new AbortController().signal)) {
    if (chunk.type !== 'text') throw new Error(`unexpected ${chunk.type}`)
    chunks.push(chunk.text)
  }
  return chunks
}

async function replyTo(request: ProviderRequest): Promise<string> {
  return (await chunksFor(request)).join('')
}

const EARLIER: ProviderMessage[] = [
  { role: 'user', text: 'oi' },
  { role: 'assistant', text: 'Olá!' },
]

test.each([
  ['Olá! O que é o Riacho?', /^O Riacho é um chat que você hospeda/],
  ['how do I connect Ollama?', /^Name the server's address and the model in `\.env`/],
  ['¿qué pasa si cierro la pestaña?', /^La respuesta se sigue escribiendo en el servidor/],
])('"%s" is answered first of all, in its language', async (question, beginning) => {
  expect(await replyTo(ask(question))).toMatch(beginning)
})

test('a reply ends with what to ask next, and with who is answering', async () => {
  const reply = await replyTo(ask('Olá! O que é o Riacho?'))
  expect(reply).toMatch(
    /\n\n\*\*Pergunte também:\*\*\n\n- Como começo a usar\?\n- .+\n- .+\n\n\*Quem responde é o guia embutido .+\*$/,
  )
})

test('how to connect a model is told in full once, and then in short', async () => {
  expect(await replyTo(ask('what is Riacho?'))).toContain('put `OPENAI_API_KEY` and `OPENAI_MODEL`')
  const later = await replyTo(ask('what is Riacho?', { earlier: EARLIER }))
  expect(later).not.toContain('OPENAI_API_KEY')
  expect(later).toContain('Built-in guide, not a language model.')
})

test('a section that tells how to connect a model is not followed by the same', async () => {
  const reply = await replyTo(ask('How do I connect OpenAI?'))
  expect(reply.match(/OPENAI_API_KEY/g)).toHaveLength(1)
})

test('what the guide does not know it says, and offers what it does', async () => {
  const reply = await replyTo(ask('who is the president of Brazil?'))
  expect(reply).toMatch(/^I found no answer to that in Riacho's documentation/)
  expect(reply).toContain('connect OpenAI or Ollama')
  expect(reply).toContain('it is not a language model')
})

test('several questions are answered under a heading each', async () => {
  const reply = await replyTo(ask('What is Riacho? Why SQLite?'))
  expect(reply.match(/^### .+/gm)).toEqual(['### What is Riacho?', '### Why SQLite?'])
})

test('the same request gives the same chunks', async () => {
  const request = ask('como faço backup?', { earlier: EARLIER })
  expect(await chunksFor(request)).toEqual(await chunksFor(request))
})

test('words come one by one, 20 ms apart, the first at once', async () => {
  const clock = manualClock()
  const chunks = await chunksFor(ask('Como uso a API com curl?'), clock)
  expect(clock.delays).toEqual(chunks.slice(1).map(() => 20))
  expect(chunks.every(chunk => /\S$/.test(chunk))).toBe(true)
  expect(chunks.length).toBeGreaterThan(40)
})

test('an abort ends the reply at once and leaves neither timer nor listener', async () => {
  const clock = manualClock({ stopped: true })
  const service = createGuideProvider({ guide, clock })
  const abort = new AbortController()
  const chunks = service.generate(ask('O que é o Riacho?'), abort.signal)[Symbol.asyncIterator]()
  await chunks.next()
  const next = chunks.next()
  expect(clock.waiting.size).toBe(1)
  abort.abort()
  expect(await next).toEqual({ done: true, value: undefined })
  expect(clock.waiting.size).toBe(0)
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
})

test('an abort before the first word lets none through', async () => {
  const service = createGuideProvider({ guide, clock: manualClock() })
  const chunks = service.generate(ask('oi'), AbortSignal.abort())[Symbol.asyncIterator]()
  expect((await chunks.next()).done).toBe(true)
})
