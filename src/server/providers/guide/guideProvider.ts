import { type Clock, systemClock } from '../../clock.ts'
import type { Provider, ProviderRequest } from '../../generation/provider.ts'
import { createSectionFinder } from './findSection.ts'
import { GUIDE_PHRASES } from './phrases.ts'
import type { Guide, GuideSection } from './sections.ts'

interface GuideProviderOptions {
  guide: Guide
  clock?: Clock
  chunksPerSecond?: number
}

/** A shorter word is sent together with the next one. */
const LEAST_CHUNK_LENGTH = 4

/** These sections say how to connect a model. The introduction would repeat it. */
const INTRODUCE_THEMSELVES: ReadonlySet<string> = new Set([
  'connect-openai',
  'connect-compatible',
  'who-are-you',
])

/**
 * Writes replies where no model is set. It answers the last message from the guide, in the language of the question.
 * The same request always gives the same text.
 */
export function createGuideProvider({
  guide,
  clock = systemClock,
  chunksPerSecond = 50,
}: GuideProviderOptions): Provider {
  const replyTo = createReplies(guide)
  return {
    name: 'guide',
    async *generate(request, signal) {
      let paused = false
      const reply = replyTo(request)
      const { partial = '' } = request
      for (const text of chunksOf(reply.startsWith(partial) ? reply.slice(partial.length) : reply)) {
        if (paused) await pause({ clock, delay: 1000 / chunksPerSecond, signal })
        if (signal.aborted) return
        yield { type: 'text', text }
        paused = true
      }
    },
  }
}

function createReplies(guide: Guide): (request: ProviderRequest) => string {
  const search = createSectionFinder(guide)
  return ({ history, locale: preferred }) => {
    const { locale, sections } = search(history.at(-1)?.text ?? '', preferred)
    const phrases = GUIDE_PHRASES[locale]
    const section = (id: string) => guide[locale].find(section => section.id === id)
    const isFirst = !history.some(message => message.role === 'assistant')
    const introduces = isFirst && !sections.some(({ id }) => INTRODUCE_THEMSELVES.has(id))
    const note = introduces ? phrases.introduction : phrases.reminder
    if (sections.length === 0) return [phrases.unknown, section('what-to-ask')?.body, note].join('\n\n')

    const next = new Set(sections.flatMap(({ related }) => related).flatMap(id => section(id) ?? []))
    for (const shown of sections) next.delete(shown)
    const questions = [...next].slice(0, 3).map(({ heading }) => `- ${heading}`)
    return [bodiesOf(sections), `**${phrases.askNext}**\n\n${questions.join('\n')}`, note].join('\n\n')
  }
}

function bodiesOf(sections: readonly GuideSection[]): string {
  if (sections.length === 1) return sections[0]?.body ?? ''
  return sections.map(({ heading, body }) => `### ${heading}\n\n${body}`).join('\n\n')
}

/** Words with the space before them. `text` must not end in a space, because joined the chunks are to be `text`. */
function chunksOf(text: string): string[] {
  const chunks: string[] = []
  let chunk = ''
  for (const word of text.match(/\s*\S+/g) ?? []) {
    chunk += word
    if (chunk.trim().length < LEAST_CHUNK_LENGTH) continue
    chunks.push(chunk)
    chunk = ''
  }
  return chunk ? [...chunks, chunk] : chunks
}

/** Resolves after `delay` milliseconds, or at once when `signal` aborts. Leaves no timer behind. */
function pause({
  clock,
  delay,
  signal,
}: {
  clock: Clock
  delay: number
  signal: AbortSignal
}): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clock.cancel(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.schedule(end, delay)
    signal.addEventListener('abort', end)
  })
}
