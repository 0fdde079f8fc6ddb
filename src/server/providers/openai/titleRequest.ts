import type { Locale } from '../../../protocol/locale.ts'
import { composeParts } from '../../../protocol/parts.ts'
import { messageAsText } from '../../generation/history.ts'
import type { ProviderRequest, TitleRequest } from '../../generation/provider.ts'
import type { Timeouts } from './connection.ts'

/** Tokens that a title may take. They include the reasoning, which takes most of them if a model reasons first. */
export const MAX_TITLE_TOKENS = 512
/** Milliseconds. After a longer wait the first words of the question stay the title. */
const TIMEOUTS: Timeouts = { connect: 5000, firstByte: 15_000, idle: 10_000, total: 30_000 }
/** How many characters of the question, and of the reply, a title is made from. */
const MAX_EXCERPT = 2000

const INSTRUCTION: Readonly<Record<Locale, string>> = {
  'pt-BR':
    'Dê um título a esta conversa, no idioma dela, com no máximo seis palavras. Responda só com o título, sem aspas, sem Markdown e sem ponto final.',
  en: 'Give this conversation a title, in its own language, of at most six words. Reply with the title alone, without quotes, Markdown or a final period.',
  es: 'Ponle un título a esta conversación, en su idioma, de seis palabras como máximo. Responde solo con el título, sin comillas, sin Markdown y sin punto final.',
}

/** The request for a title. */
export function titleQuestion({ model, question, reply, locale }: TitleRequest): ProviderRequest {
  const excerpts = [question, reply].map(parts => messageAsText(parts).slice(0, MAX_EXCERPT)).join('\n\n')
  const content = `<conversation>\n${excerpts}\n</conversation>\n\n${INSTRUCTION[locale]}`
  const parts = composeParts({ content })
  return { model, instructions: '', history: [{ role: 'user', parts }], locale, effort: 'low' }
}

/** The timeouts of a reply, shortened to what a title may take. */
export function titleTimeouts(timeouts: Timeouts): Timeouts {
  return {
    connect: Math.min(timeouts.connect, TIMEOUTS.connect),
    firstByte: Math.min(timeouts.firstByte, TIMEOUTS.firstByte),
    idle: Math.min(timeouts.idle, TIMEOUTS.idle),
    total: Math.min(timeouts.total, TIMEOUTS.total),
  }
}
