import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LOCALES, type Locale } from '../../../protocol/locale.ts'

export interface GuideSection {
  readonly id: string
  /** A question in a reader's words. */
  readonly heading: string
  /** Other words and phrases that find the section. */
  readonly also: string
  /** Ids of the sections to read next. */
  readonly related: readonly string[]
  /** Markdown. Its first sentence answers the heading. */
  readonly body: string
}

export type Guide = Readonly<Record<Locale, readonly GuideSection[]>>

const SECTION = /^## (.+)\n<!-- id: (.+)\nalso: (.+)\nrelated: (.+) -->\n([\s\S]+)$/

/**
 * Reads the guide of each language from `<directory>/<locale>.md`. Throws if a file is missing or a section malformed.
 */
export async function loadGuide(directory: string): Promise<Guide> {
  const sections = async (locale: Locale) =>
    parseSections(await readFile(join(directory, `${locale}.md`), 'utf8'))
  return Object.fromEntries(
    await Promise.all(LOCALES.map(async locale => [locale, await sections(locale)])),
  ) as Record<Locale, GuideSection[]>
}

function parseSections(markdown: string): GuideSection[] {
  const [, ...sections] = markdown.replaceAll('\r\n', '\n').split(/^(?=## )/m)
  return sections.map(section => {
    const [, heading, id, also, related, body] = SECTION.exec(section) ?? []
    if (!heading || !id || !also || !related || !body) {
      throw new Error(`malformed guide section: ${section.slice(0, section.indexOf('\n'))}`)
    }
    return { id, heading, also, related: related.split(', '), body: body.trim() }
  })
}
