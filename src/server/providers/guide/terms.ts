import type { Locale } from '../../../protocol/locale.ts'
import { withoutCaseAndAccents } from '../../../protocol/withoutCaseAndAccents.ts'
import { SYNONYMS } from './synonyms.ts'
import { COMMON_WORDS, FUNCTION_WORDS } from './wordLists.ts'

/** A word, and what it is compared by. */
export interface Term {
  /** The word without case and accents. */
  readonly word: string
  /** What all its inflections and synonyms share. */
  readonly key: string
  /** Whether it is a word of grammar. Such a word says little about what is asked. */
  readonly isFunction: boolean
  /** Whether nearly every text has it. */
  readonly isCommon: boolean
}

/** Endings to cut off, longest first. At least `LEAST_STEM` letters must be left. */
const ENDINGS: Record<Locale, readonly string[]> = {
  'pt-BR': endings(
    `amentos amento imentos imento acoes icoes coes acao icao cao sao soes adores adora ador mente ariam assem essem
    issem aram eram iram avam avas ando endo indo ados adas ado ada idos idas ido ida aria eria iria asse esse isse
    aste este ais eis ava iam ias amos emos imos ar er ir ou ei iu eu am em as os es is ns a e i o s u m`,
  ),
  en: endings(
    'izations ization ations ation ingly ings ing edly ed ies ied ers er ments ment ly es s e y ions ion',
  ),
  es: endings(
    `amientos amiento imientos imiento aciones acion iciones icion ciones cion adores adora ador mente aron ieron aban
    abas ando iendo ados adas ado ada idos idas ido ida aria eria iria ase iese aste iste ais eis aba ian ias amos emos
    imos ar er ir as os es is an en a e i o s u`,
  ),
}

/** Spanish writes a pronoun onto an infinitive: “instalarlo”. */
const PRONOUNS = /(?<=\p{L}{3}[aei]r)(?:[mts]e|nos)?l[aeo]s?$|(?<=\p{L}{3}[aei]r)(?:[mts]e|nos)$/u

/** A plural may be shorter than what other endings leave. */
const LEAST_STEM = 4
const LEAST_PLURAL_STEM = 3

function endings(list: string): string[] {
  return list.split(/\s+/).sort((a, b) => b.length - a.length)
}

/** The text without case, accents and apostrophes. Names that people write in several ways are written in one. */
function spelled(text: string): string {
  return withoutCaseAndAccents(text)
    .replace(/['’´`]/g, '')
    .replace(/(\p{L})\1{2,}/gu, '$1')
    .replace(/\bopen ?(ia|ai)\b/g, 'openai')
    .replace(/\be-?mail/g, 'email')
    .replace(/\blog(ged|ging)?[ -]in\b/g, 'login')
    .replace(/\bwi-fi/g, 'wifi')
    .replace(/\bback[ -]up\b/g, 'backup')
    .replace(/\bself[ -]host/g, 'selfhost')
    .replace(/\bdenovo\b/g, 'de novo')
    .replace(/\b(run|source|reasoning|refusal)-(\w+)/g, '$1_$2')
}

/** The words of a text without case and accents. A name such as `OPENAI_MODEL` is one word. */
export function wordsOf(text: string): string[] {
  return spelled(text).match(/\d+(?:\.\d+)+|[\p{L}\p{N}_]+/gu) ?? []
}

const synonymKeys = {
  'pt-BR': keysOfSynonyms('pt-BR'),
  en: keysOfSynonyms('en'),
  es: keysOfSynonyms('es'),
}

function keysOfSynonyms(locale: Locale): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const line of SYNONYMS[locale].trim().split('\n')) {
    const words = line.trim().split(/\s+/)
    for (const word of words) {
      keys.set(word, `=${words[0]}`)
    }
  }
  for (const [word, key] of [...keys]) {
    const stem = stemOf(word, locale)
    if (!keys.has(stem)) keys.set(stem, key)
  }
  return keys
}

function stemOf(inflected: string, locale: Locale): string {
  const word = locale === 'es' ? inflected.replace(PRONOUNS, '') : inflected
  if (word.includes('_') || /\d/.test(word)) return word
  const ending = ENDINGS[locale].find(
    ending =>
      word.endsWith(ending) &&
      word.length - ending.length >= (ending === 's' ? LEAST_PLURAL_STEM : LEAST_STEM),
  )
  return ending ? word.slice(0, -ending.length) : word
}

/** `isExact` tells inflections apart: “solved” is a thanks, and “solve” is not. Synonyms stay one. */
export function termOf(word: string, locale: Locale, isExact = false): Term {
  const isFunction = FUNCTION_WORDS[locale].has(word)
  const keys = synonymKeys[locale]
  const stem = isExact ? word : stemOf(word, locale)
  const key = isFunction ? word : (keys.get(word) ?? keys.get(stem) ?? stem)
  return { word, key, isFunction, isCommon: COMMON_WORDS[locale].has(word) }
}
