import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LOCALES, type Locale } from '../../../protocol/locale.ts'

/** The files of each language. `talking` answers greetings, thanks and complaints. */
const TOPICS = ['about', 'using', 'keeping', 'running', 'programming', 'talking'] as const

export interface GuideSection {
  readonly id: string
  /** A question in a reader's words. */
  readonly heading: string
  /** Other words and questions that find the section. */
  readonly also: readonly string[]
  /** Ids of the sections to read next. */
  readonly related: readonly string[]
  /** The answer to "why?". `null` if the reason is not known. */
  readonly why: string | null
  /** The body in simpler words, for a reader who did not understand. */
  readonly simply: string | null
  /** Markdown. Its first sentence answers the heading. */
  readonly body: string
  /** Whether it answers a greeting, thanks or a complaint, and says nothing about Riacho. */
  readonly isTalk: boolean
}

export type Guide = Readonly<Record<Locale, readonly GuideSection[]>>

const SECTION = /^## (.+)\n<!-- id: (.+)\n([\s\S]+?) -->\n([\s\S]+)$/

/** Reads the guide of each language from `<directory>/<locale>`. Throws if a file is missing or a section malformed. */
export async function loadGuide(directory: string): Promise<Guide> {
  const topic = async (locale: Locale, name: string) =>
    parseSections(await readFile(join(directory, locale, `${name}.md`), 'utf8'), name === 'talking')
  const sections = async (locale: Locale) =>
    (await Promise.all(TOPICS.map(name => topic(locale, name)))).flat()
  return Object.fromEntries(
    await Promise.all(LOCALES.map(async locale => [locale, await sections(locale)])),
  ) as Record<Locale, GuideSection[]>
}

function parseSections(markdown: string, isTalk: boolean): GuideSection[] {
  const [, ...sections] = markdown.replaceAll('\r\n', '\n').split(/^(?=## )/m)
  return sections.map(section => {
    const [, heading, id, fields = '', body] = SECTION.exec(section) ?? []
    if (!heading || !id || !body) {
      throw new Error(`malformed guide section: ${section.slice(0, section.indexOf('\n'))}`)
    }
    const values = (name: string) =>
      fields.split('\n').flatMap(line => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []))
    return {
      id,
      heading,
      also: listOf(values('also')),
      related: listOf(values('related')),
      why: values('why')[0] ?? null,
      simply: values('simply')[0] ?? null,
      body: body.trim(),
      isTalk,
    }
  })
}

function listOf(lines: readonly string[]): string[] {
  return lines.flatMap(line => line.split(/, */)).filter(item => item !== '')
}
