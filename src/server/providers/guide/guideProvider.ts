import { textOf } from '../../../protocol/parts.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { messageAsText } from '../../generation/history.ts'
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

const MOST_OFFERED = 6

/** Characters of the sections that may be meant: the likeliest is told at more length. */
const EXCERPT = { first: 800, other: 450 }

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
      const { text, questions } = replyTo(request)
      const written = messageAsText(request.partial ?? [])
      for (const content of chunksOf(text.startsWith(written) ? text.slice(written.length) : text)) {
        if (paused) await pause({ clock, delay: 1000 / chunksPerSecond, signal })
        if (signal.aborted) return
        yield { type: 'text-delta', content }
        paused = true
      }
      if (questions.length > 0 && !signal.aborted) yield { type: 'suggestions-add', questions }
    },
  }
}

interface GuideReply {
  text: string
  /** What to ask next. */
  questions: string[]
}

function createReplies(guide: Guide): (request: ProviderRequest) => GuideReply {
  const search = createSectionFinder(guide)
  return ({ history, locale: preferred }) => {
    // What is in files is no question.
    const asked = history.filter(({ role }) => role === 'user').map(({ parts }) => textOf(parts))
    const answer = search(asked, preferred)
    const isFirst = !history.some(({ role }) => role === 'assistant')
    const introduces = isFirst && !answer.sections.some(({ id }) => INTRODUCE_THEMSELVES.has(id))
    const introduction = introduces ? [GUIDE_PHRASES[answer.locale].introduction] : []
    const { parts = [] } = history.findLast(({ role }) => role === 'user') ?? {}
    const hasFiles = parts.some(({ type }) => type === 'image' || type === 'document')
    const attached = hasFiles ? [GUIDE_PHRASES[answer.locale].attached] : []
    const isAlone = hasFiles && asked.at(-1)?.trim() === ''
    const headings = (ids: readonly string[]) =>
      ids.flatMap(id => guide[answer.locale].find(section => section.id === id)?.heading ?? [])
    return {
      text: [...introduction, ...attached, ...(isAlone ? [] : blocksOf(answer))].join('\n\n'),
      questions: headings(isAlone ? ['connect-openai', 'files', 'images'] : nextSections(answer)),
    }
  }
}

function blocksOf({ locale, sections, near, again }: GuideAnswer): string[] {
  const phrases = GUIDE_PHRASES[locale]
  const [first] = sections
  if (!first) {
    if (near.length > 0)
      return [
        phrases.unsure,
        ...near.map((section, place) => excerptOf(section, EXCERPT[place === 0 ? 'first' : 'other'])),
        phrases.unclear,
      ]
    return [phrases.unknown, phrases.connect]
  }
  if (again === 'sure') return [`${phrases.sure} ${firstParagraphOf(first)}`, phrases.unclear]
  if (again === 'why') return [first.why ?? phrases.noReason]
  if (again === 'simply')
    return [`${phrases.simply} ${first.simply ?? firstParagraphOf(first)}`, phrases.unclear]
  return [bodiesOf(sections)]
}

/** The ids of the sections that the reply offers to ask for. */
function nextSections({ sections, near, hints }: GuideAnswer): readonly string[] {
  if (near.length > 0 || sections.some(({ id }) => END_THERE.has(id))) return []
  if (sections.length === 0)
    return [...new Set([...hints.map(({ id }) => id), ...EXAMPLES])].slice(0, MOST_OFFERED)
  const related = sections
    .flatMap(section => section.related)
    .filter(id => !sections.some(section => section.id === id))
  return [...new Set(related)].slice(0, 3)
}

/** A section as one of several that may be meant: its first paragraph, and more as long as all is within `budget` characters. */
function excerptOf(section: GuideSection, budget: number): string {
  let told = firstParagraphOf(section)
  const blocks = section.body.slice(told.length).match(/```[\s\S]*?\n```|\S[\s\S]*?(?=\n\n|$)/g) ?? []
  for (const block of blocks) {
    if (told.length + block.length > budget) break
    told += `\n\n${block}`
  }
  return `**${section.heading}**\n\n${told}`
}

/** The first paragraph of a section. If it ends in a colon, the block after it belongs to it. */
function firstParagraphOf({ body }: GuideSection): string {
  const [beginning] = /^[\s\S]*?(:\n\n(```[\s\S]*?\n```|[\s\S]*?)|)(?=\n\n|$)/.exec(body) ?? [body]
  return beginning
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
