import type { Locale } from './locale.ts'

/** The words of an exported conversation that nobody in it has written. */
export interface ExportWords {
  untitled: string
  /** Above what the person wrote. */
  you: string
  reasoning: string
  sources: string
  /** Where a reply broke off and a later one went on. */
  break: string
}

export const EXPORT_MESSAGES: Record<Locale, ExportWords> = {
  'pt-BR': {
    untitled: 'Conversa',
    you: 'Você',
    reasoning: 'Raciocínio',
    sources: 'Fontes',
    break: 'A resposta foi interrompida aqui e continuada depois.',
  },
  en: {
    untitled: 'Conversation',
    you: 'You',
    reasoning: 'Reasoning',
    sources: 'Sources',
    break: 'The reply broke off here and went on later.',
  },
  es: {
    untitled: 'Conversación',
    you: 'Tú',
    reasoning: 'Razonamiento',
    sources: 'Fuentes',
    break: 'La respuesta se interrumpió aquí y continuó después.',
  },
}
