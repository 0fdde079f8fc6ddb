import type { Locale } from '../../../protocol/locale.ts'

interface GuidePhrases {
  readonly askNext: string
  readonly unknown: string
  /** Says who is answering, and how to connect a model. */
  readonly introduction: string
  /** The introduction in short, for everyone who has read it. */
  readonly reminder: string
}

export const GUIDE_PHRASES: Record<Locale, GuidePhrases> = {
  'pt-BR': {
    askNext: 'Pergunte também:',
    unknown: 'Não encontrei resposta para isso na documentação do Riacho, e prefiro dizer a inventar.',
    introduction:
      '*Quem responde é o guia embutido do Riacho, que procura na documentação; não é um modelo de linguagem. Para conversar com um, ponha `OPENAI_API_KEY` e `OPENAI_MODEL` no arquivo `.env` e reinicie; para um servidor como o Ollama, `OPENAI_BASE_URL` e `OPENAI_MODEL`.*',
    reminder:
      '*Guia embutido, não um modelo de linguagem. Para ligar um, pergunte “Como conecto a OpenAI?”.*',
  },
  en: {
    askNext: 'Ask next:',
    unknown: "I found no answer to that in Riacho's documentation, and would rather say so than make one up.",
    introduction:
      "*This is Riacho's built-in guide, which looks things up in the documentation; it is not a language model. To talk to one, put `OPENAI_API_KEY` and `OPENAI_MODEL` into the file `.env` and restart; for a server such as Ollama, `OPENAI_BASE_URL` and `OPENAI_MODEL`.*",
    reminder: '*Built-in guide, not a language model. To connect one, ask “How do I connect OpenAI?”.*',
  },
  es: {
    askNext: 'Pregunta también:',
    unknown: 'No encontré respuesta a eso en la documentación de Riacho, y prefiero decirlo a inventar.',
    introduction:
      '*Responde la guía incorporada de Riacho, que busca en la documentación; no es un modelo de lenguaje. Para hablar con uno, pon `OPENAI_API_KEY` y `OPENAI_MODEL` en el archivo `.env` y reinicia; para un servidor como Ollama, `OPENAI_BASE_URL` y `OPENAI_MODEL`.*',
    reminder:
      '*Guía incorporada, no un modelo de lenguaje. Para conectar uno, pregunta «¿Cómo conecto OpenAI?».*',
  },
}
