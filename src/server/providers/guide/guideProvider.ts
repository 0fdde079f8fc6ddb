import { type Clock, systemClock } from '../../clock.ts'
import { historyAsText, messageAsText } from '../../generation/history.ts'
import type { Provider, ProviderRequest } from '../../generation/provider.ts'
import { createSectionFinder, type GuideAnswer } from './findSection.ts'
import { GUIDE_PHRASES } from './phrases.ts'
import type { Guide, GuideSection } from './sections.ts'

interface GuideProviderOptions {
  guide: Guide
  clock?: Clock
  chunksPerSecond?: number
}

/** A shorter word is sent together with the next one. */
const LEAST_CHUNK_LENGTH = 4

/** These sections say who answers. The introduction would repeat it. */
const INTRODUCE_THEMSELVES: ReadonlySet<string> = new Set([
  'hello',
  'who-are-you',
  'which-model',
  'off-topic',
  'insult',
])

/** After these sections the reply offers nothing more. */
const END_THERE: ReadonlySet<string> = new Set(['thanks', 'bye'])

/** Examples of what the guide knows. */
const EXAMPLES = ['what-is', 'connect-openai', 'find', 'where-data', 'backup', 'api']

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
      const written = messageAsText(request.partial ?? [])
      for (const content of chunksOf(reply.startsWith(written) ? reply.slice(written.length) : reply)) {
        if (paused) await pause({ clock, delay: 1000 / chunksPerSecond, signal })
        if (signal.aborted) return
        yield { type: 'text-delta', content }
        paused = true
      }
    },
  }
}

function createReplies(guide: Guide): (request: ProviderRequest) => string {
  const search = createSectionFinder(guide)
  return ({ history, locale: preferred }) => {
    const told = historyAsText(history)
    const asked = told.filter(({ role }) => role === 'user').map(({ content }) => content)
    const answer = search(asked, preferred)
    const isFirst = !told.some(message => message.role === 'assistant')
    const introduces = isFirst && !answer.sections.some(({ id }) => INTRODUCE_THEMSELVES.has(id))
    return [
      ...(introduces ? [GUIDE_PHRASES[answer.locale].introduction] : []),
      ...partsOf(answer, guide),
    ].join('\n\n')
  }
}

function partsOf({ locale, sections, near, again }: GuideAnswer, guide: Guide): string[] {
  const phrases = GUIDE_PHRASES[locale]
  const headings = (ids: readonly string[]) =>
    ids.flatMap(id => guide[locale].find(section => section.id === id)?.heading ?? [])
  const [first] = sections
  if (!first) {
    if (near.length > 0) return [phrases.unsure, ...near.map(excerptOf), phrases.unclear]
    return [phrases.unknown, listOf(phrases.topics, headings(EXAMPLES)), phrases.connect]
  }
  if (near.length > 0) return [bodiesOf(sections), `**${phrases.perhaps}**`, ...near.map(excerptOf)]
  const next = sections
    .flatMap(({ related }) => related)
    .filter(id => !sections.some(section => section.id === id))
  const questions = headings([...new Set(next)].slice(0, 3))
  const offers = sections.some(({ id }) => END_THERE.has(id)) || questions.length === 0
  const ending = offers ? [] : [listOf(phrases.askNext, questions)]
  if (again === 'why') return [first.why ?? phrases.noReason, ...ending]
  if (again === 'simply')
    return [`${phrases.simply} ${first.simply ?? firstParagraphOf(first)}`, phrases.unclear, ...ending]
  return [bodiesOf(sections), ...ending]
}

/** A section as one of several that may be meant. */
function excerptOf(section: GuideSection): string {
  return `**${section.heading}**\n\n${firstParagraphOf(section)}`
}

/** The first paragraph of a section. If it ends in a colon, the block after it belongs to it. */
function firstParagraphOf({ body }: GuideSection): string {
  const [beginning] = /^[\s\S]*?(:\n\n(```[\s\S]*?\n```|[\s\S]*?)|)(?=\n\n|$)/.exec(body) ?? [body]
  return beginning
}

function listOf(name: string, items: readonly string[]): string {
  return `**${name}**\n\n${items.map(item => `- ${item}`).join('\n')}`
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
