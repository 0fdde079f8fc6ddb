import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import type { Locale } from '../../../protocol/locale.ts'
import { composeParts } from '../../../protocol/parts.ts'
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
    monotonic: () => 0,
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
  const history: ProviderMessage[] = [...earlier, { role: 'user', parts: composeParts({ content: text }) }]
  return { model: 'guide', instructions: '', history, locale } satisfies ProviderRequest
}

async function readReply(request: ProviderRequest, clock: Clock = manualClock()) {
  const service = createGuideProvider({ guide, clock })
  const chunks: string[] = []
  const questions: string[] = []
  for await (const chunk of service.generate(request, new AbortController().signal)) {
    if (chunk.type === 'suggestions-add') questions.push(...chunk.questions)
    else if (chunk.type === 'text-delta') chunks.push(chunk.content)
    else throw new Error(`unexpected ${chunk.type}`)
  }
  return { chunks, questions }
}

async function chunksFor(request: ProviderRequest, clock?: Clock): Promise<string[]> {
  return (await readReply(request, clock)).chunks
}

async function questionsFor(request: ProviderRequest): Promise<string[]> {
  return (await readReply(request)).questions
}

async function replyTo(request: ProviderRequest): Promise<string> {
  return (await chunksFor(request)).join('')
}

const EARLIER: ProviderMessage[] = [
  { role: 'user', parts: composeParts({ content: 'como edito uma mensagem?' }) },
  { role: 'assistant', parts: composeParts({ content: 'Clique em **Editar pergunta**.' }) },
]

test.each([
  ['Olá! O que é o Riacho?', /^\*Nenhum modelo está conectado: .+\*\n\nO Riacho é um chat que você hospeda/],
  [
    'how do I connect Ollama?',
    /^\*No model is connected: .+\*\n\nPut the server's address and the model into/,
  ],
  ['¿qué pasa si cierro la pestaña?', /^\*No hay ningún modelo conectado: .+\*\n\nNada se pierde/],
])('"%s" is answered first of all, in its language', async (question, beginning) => {
  expect(await replyTo(ask(question))).toMatch(beginning)
})

test('who answers is told once', async () => {
  expect(await replyTo(ask('what is Riacho?', { earlier: EARLIER }))).toMatch(/^Riacho is a chat/)
  expect((await replyTo(ask('who are you?'))).match(/No model is connected/g)).toHaveLength(1)
})

test('a reply ends with what to ask next', async () => {
  const request = ask('Olá! O que é o Riacho?')
  const questions = await questionsFor(request)
  expect(questions).toHaveLength(3)
  expect(questions[0]).toBe('Como instalo e começo a usar?')
  expect(await replyTo(request)).not.toContain('Como instalo')
})

test('thanks get a short answer', async () => {
  expect(await replyTo(ask('obrigado!', { earlier: EARLIER }))).toBe(
    'De nada! Se surgir outra pergunta, é só escrever.',
  )
  expect(await questionsFor(ask('obrigado!', { earlier: EARLIER }))).toEqual([])
})

test('what the guide does not know it says, and what it does', async () => {
  const request = ask('zxcvb qwerty', { locale: 'en' })
  expect(await replyTo(request)).toMatch(
    /\n\nI do not know that\. I am a guide with prepared texts, not a language model/,
  )
  const questions = await questionsFor(request)
  expect(questions).toContain('What is Riacho?')
  expect(questions).toContain('How do I connect OpenAI?')
})

test('what the guide does not know it offers to ask in its nearest topics', async () => {
  const request = ask('quaxel needs three minutes of whisked gargles', { locale: 'en' })
  expect(await replyTo(request)).toContain('I do not know that.')
  expect((await questionsFor(request))[0]).toMatch(/429/)
})

test('a reader who doubts is told that the texts say so', async () => {
  const earlier: ProviderMessage[] = [
    { role: 'user', parts: composeParts({ content: 'can it search the web?' }) },
    ...EARLIER.slice(1),
  ]
  expect(await replyTo(ask('really?', { locale: 'en', earlier }))).toMatch(
    /^Yes, that is what my texts say about this version: No: Riacho does not search the web/,
  )
})

test('what it is not sure of it offers as such', async () => {
  const reply = await replyTo(ask('como acho uma conversa da semana passada sobre orçamento'))
  expect(reply).toMatch(/\n\nNão tenho certeza do que você quer saber\./)
  expect(reply).toContain('**Como encontro uma conversa ou mensagem antiga?**\n\n')
})

test('what is told in short keeps the code that it announces', async () => {
  const reply = await replyTo(
    ask('huh?', {
      earlier: [{ role: 'user', parts: composeParts({ content: 'how do I configure Caddy?' }) }],
    }),
  )
  expect(reply).toMatch(/it takes care of the certificate:\n\n```\n[\s\S]+\n```\n\n/)
})

test('what may be meant is told past its code, up to the sentence that decides', async () => {
  const reply = await replyTo(ask('tem apache aqui já, como encaixo o riacho'))
  expect(reply).toContain('Não tenho certeza')
  expect(reply).toMatch(/```\n\nNegue `\/metrics` de fora/)
})

test('"why?" gets the reason, or that it is not known', async () => {
  const after = (question: string, text: string) =>
    replyTo(
      ask(text, {
        earlier: [{ role: 'user', parts: composeParts({ content: question }) }, ...EARLIER.slice(1)],
      }),
    )
  expect(await after('can it search the web?', 'why not?')).toMatch(/^Riacho is not an agent framework/)
  expect(await after('how do I rename a conversation?', 'why?')).toMatch(/^My texts do not give the reason/)
  expect(await after('o que é um ramo?', 'não entendi')).toMatch(/^Em poucas palavras: uma mesma pergunta/)
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

test('who attaches files learns that nobody reads them without a model, and what to do', async () => {
  const document = {
    type: 'document',
    fileId: 'f',
    name: 'Backup.pdf',
    mediaType: 'application/pdf',
    size: 9,
  } as const
  const request = (text: string) => ({
    ...ask(text),
    history: [{ role: 'user', parts: composeParts({ content: text, attachments: [document] }) } as const],
  })
  const alone = await readReply(request(''))
  expect(alone.chunks.join('')).toMatch(/guardados, mas sem um modelo .* “Como conecto a OpenAI\?”\.$/s)
  expect(alone.questions).toEqual([
    'Como conecto a OpenAI?',
    'Posso anexar um PDF ou outro arquivo?',
    'Posso mandar ou gerar imagens?',
  ])
  const asked = await readReply(request('Como faço uma cópia de segurança?'))
  expect(asked.chunks.join('')).toMatch(/sem um modelo .*npm run backup/s)
})
