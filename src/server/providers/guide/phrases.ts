import type { Locale } from '../../../protocol/locale.ts'

interface GuidePhrases {
  /** Who is answering. Begins the first reply of a conversation. */
  readonly introduction: string
  readonly unknown: string
  /** Before what may be meant. */
  readonly unsure: string
  /** How to have a model answer. Ends a reply that does not answer. */
  readonly connect: string
  readonly noReason: string
  readonly simply: string
  /** To a reader who doubts the answer. */
  readonly sure: string
  readonly unclear: string
  /** To a message with pictures or documents. */
  readonly attached: string
}

/** What a new conversation begins with when no model is connected. */
export const GUIDE_GREETING: Record<Locale, string> = {
  'pt-BR': 'Nenhum modelo está conectado. Eu sou o guia: pergunte sobre o Riacho.',
  en: 'No model is connected. I am the guide: ask about Riacho.',
  es: 'No hay ningún modelo conectado. Soy la guía: pregunta por Riacho.',
}

export const GUIDE_STARTERS: Record<Locale, string[]> = {
  'pt-BR': [
    'Como conecto um modelo?',
    'O que é o Riacho?',
    'O que acontece se eu fechar a aba?',
    'Onde ficam as minhas conversas?',
  ],
  en: [
    'How do I connect a model?',
    'What is Riacho?',
    'What happens if I close the tab?',
    'Where are my conversations kept?',
  ],
  es: [
    '¿Cómo conecto un modelo?',
    '¿Qué es Riacho?',
    '¿Qué pasa si cierro la pestaña?',
    '¿Dónde se guardan mis conversaciones?',
  ],
}

export const GUIDE_PHRASES: Record<Locale, GuidePhrases> = {
  'pt-BR': {
    introduction:
      '*Nenhum modelo está conectado: quem responde é o guia embutido, com textos prontos sobre o Riacho.*',
    unknown:
      'Isso eu não sei. Sou um guia com textos prontos, não um modelo de linguagem, e só conheço o Riacho.',
    unsure: 'Não tenho certeza do que você quer saber. Talvez seja isto:',
    connect:
      'Para perguntar qualquer coisa, quem administra o servidor conecta um modelo: pergunte “Como conecto a OpenAI?”.',
    noReason:
      'O motivo não está nos meus textos, e prefiro não inventar. As decisões maiores estão explicadas em `docs/decisions`.',
    simply: 'Em poucas palavras:',
    sure: 'Sim, é o que dizem os meus textos sobre esta versão:',
    unclear: 'Se não era isso, diga com outras palavras o que você quer fazer.',
    attached:
      'Você anexou arquivos. Eles estão guardados, mas sem um modelo ninguém os vê nem os lê: pergunte “Como conecto a OpenAI?”.',
  },
  en: {
    introduction: '*No model is connected: the built-in guide answers, from prepared texts about Riacho.*',
    unknown:
      'I do not know that. I am a guide with prepared texts, not a language model, and I only know Riacho.',
    unsure: 'I am not sure what you want to know. It may be this:',
    connect:
      'To ask anything at all, whoever runs the server connects a model: ask “How do I connect OpenAI?”.',
    noReason:
      'My texts do not give the reason, and I would rather not make one up. `docs/decisions` explains the larger decisions.',
    simply: 'In a few words:',
    sure: 'Yes, that is what my texts say about this version:',
    unclear: 'If that was not it, say in other words what you want to do.',
    attached:
      'You attached files. They are stored, but without a model nobody sees or reads them: ask “How do I connect OpenAI?”.',
  },
  es: {
    introduction:
      '*No hay ningún modelo conectado: responde la guía incorporada, con textos preparados sobre Riacho.*',
    unknown:
      'Eso no lo sé. Soy una guía con textos preparados, no un modelo de lenguaje, y solo conozco Riacho.',
    unsure: 'No estoy segura de qué quieres saber. Quizá sea esto:',
    connect:
      'Para preguntar cualquier cosa, quien administra el servidor conecta un modelo: pregunta «¿Cómo conecto OpenAI?».',
    noReason:
      'El motivo no está en mis textos, y prefiero no inventarlo. `docs/decisions` explica las decisiones mayores.',
    simply: 'En pocas palabras:',
    sure: 'Sí, es lo que dicen mis textos sobre esta versión:',
    unclear: 'Si no era eso, di con otras palabras qué quieres hacer.',
    attached:
      'Adjuntaste archivos. Están guardados, pero sin un modelo nadie los ve ni los lee: pregunta “¿Cómo conecto OpenAI?”.',
  },
}
