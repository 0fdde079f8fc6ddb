import type { Locale } from './locale.ts'
import type { ToolStatus } from './tools.ts'

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
  /** How far a call of a tool is that has not ended well. */
  toolStates: Record<Exclude<ToolStatus, 'completed'>, string>
  /** Below such a call that ran. */
  mayHaveHappened: string
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
    toolStates: {
      writing: 'preparando…',
      waiting: 'ficou sem resposta',
      running: 'em andamento…',
      failed: 'falhou',
      denied: 'recusada',
      stopped: 'parada',
      unknown: 'resultado desconhecido',
    },
    mayHaveHappened: 'Esta chamada pode ter feito efeito.',
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
    toolStates: {
      writing: 'preparing…',
      waiting: 'was not answered',
      running: 'running…',
      failed: 'failed',
      denied: 'declined',
      stopped: 'stopped',
      unknown: 'outcome unknown',
    },
    mayHaveHappened: 'This call may have had an effect.',
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
    toolStates: {
      writing: 'preparando…',
      waiting: 'quedó sin respuesta',
      running: 'en curso…',
      failed: 'falló',
      denied: 'rechazada',
      stopped: 'detenida',
      unknown: 'resultado desconocido',
    },
    mayHaveHappened: 'Esta llamada pudo haber tenido efecto.',
    searched: 'Buscó en la web',
    break: 'El texto anterior se interrumpió y continuó después.',
  },
}
