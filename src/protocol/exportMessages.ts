import type { Locale } from './locale.ts'

/** The words of an exported conversation that neither the person nor the model wrote. */
export interface ExportWords {
  untitled: string
  /** Above what the person wrote. */
  you: string
  reasoning: string
  sources: string
  /** Above the questions that a reply suggests. */
  suggestions: string
  tool: string
  /** Before what a provider searched the web for. */
  searched: string
  /** Below a text that broke off and was continued later. */
  break: string
}

export const EXPORT_MESSAGES: Record<Locale, ExportWords> = {
  'pt-BR': {
    untitled: 'Conversa',
    you: 'Você',
    reasoning: 'Raciocínio',
    sources: 'Fontes',
    suggestions: 'Pergunte também',
    tool: 'Ferramenta',
    searched: 'Pesquisou na web',
    break: 'O texto acima foi interrompido e continuado depois.',
  },
  en: {
    untitled: 'Conversation',
    you: 'You',
    reasoning: 'Reasoning',
    sources: 'Sources',
    suggestions: 'Ask next',
    tool: 'Tool',
    searched: 'Searched the web',
    break: 'The text above broke off and went on later.',
  },
  es: {
    untitled: 'Conversación',
    you: 'Tú',
    reasoning: 'Razonamiento',
    sources: 'Fuentes',
    suggestions: 'Pregunta también',
    tool: 'Herramienta',
    searched: 'Buscó en la web',
    break: 'El texto anterior se interrumpió y continuó después.',
  },
}
