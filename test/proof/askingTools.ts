import { setTimeout as delay } from 'node:timers/promises'
import { AskPerson, type PersonAnswer, type ToolQuestion } from '../../src/server/generation/tools.ts'
import type { AssistantTool } from '../../src/server/tools/hostTools.ts'
import type { Effect } from './effect.ts'

/** How long `indaga` waits for an answer, in milliseconds: so long at least, and so much longer at most. */
const PATIENCE = { least: 300, more: 900 }
/** The one field of every form. */
export const FIELD = 'resposta'

/** Writes down what a tool has done, or that it has given up waiting. */
export type Append = (entry: Effect) => void

const DEFINITION = { parameters: { type: 'object' }, asks: false }

/**
 * Tools that ask a person before they write. `pergunta` lets the run pause, once or more often. `indaga` waits while its call goes
 * on, and gives up after a while.
 */
export function askingTools(append: Append): AssistantTool[] {
  return [
    {
      ...DEFINITION,
      name: 'pergunta',
      description: 'Asks, and then writes a line.',
      digest: 'pergunta',
      async run(args, { callId: key, conversationId, answered }) {
        const { vezes = 1, formas = 1 } = args as { vezes?: number; formas?: number }
        const round = Number(answered?.state ?? 0)
        const isDeclined = answered?.answers.some(({ action }) => action !== 'accept')
        if (!isDeclined && round < vezes)
          throw new AskPerson(
            Array.from({ length: formas }, () => formOf(args)),
            String(round + 1),
          )
        return end({ append, args, key, conversationId }, 'pergunta', answered?.answers ?? [])
      },
    },
    {
      ...DEFINITION,
      name: 'indaga',
      description: 'Asks while it works, and then writes a line.',
      digest: 'indaga',
      async run(args, { callId: key, conversationId, ask }) {
        const place = { append, args, key, conversationId }
        const patience = PATIENCE.least + Math.random() * PATIENCE.more
        const answer = await Promise.race([ask(formOf(args)), delay(patience, 'late' as const)])
        if (answer !== 'late') return end(place, 'indaga', [answer])
        append({ ...effectOf(place, 'indaga'), hasGivenUp: true })
        return { content: 'ninguém respondeu' }
      },
    },
  ]
}

interface Place {
  append: Append
  args: Readonly<Record<string, unknown>>
  key: string
  conversationId: string
}

function end(place: Place, tool: string, answers: readonly PersonAnswer[]) {
  if (answers.some(({ action }) => action !== 'accept')) return { content: 'a pessoa não quis' }
  const values = answers.map(({ values }) => String(values?.[FIELD]))
  place.append({ ...effectOf(place, tool), values })
  return { content: 'escrito' }
}

function effectOf({ args, key, conversationId }: Place, tool: string): Effect {
  const [messageId = '', callId = ''] = key.split('/')
  return { messageId, callId, tool, conversationId, arguments: { ...args } }
}

function formOf({ linha }: Readonly<Record<string, unknown>>): ToolQuestion {
  const field = { name: FIELD, label: 'Resposta', kind: 'text', isRequired: true } as const
  return { mode: 'form', message: `Qual? ${linha}`, fields: [field] }
}
