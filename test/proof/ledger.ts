import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type AssistantTool, defineTools, tool, withFiles } from '../../src/server/tools/hostTools.ts'
import { askingTools } from './askingTools.ts'
import type { Effect } from './effect.ts'

/** The longest time that a tool waits before its effect, and as long again before its answer, in milliseconds. */
const LONGEST_WAIT = 60

/**
 * Tools whose effect is a line in a file, so that it outlives the process and cannot be taken back. `conta` runs at once, and
 * so does `anexa`, which gives a file. A person decides about each call of `pede`. `askingTools` are those that ask.
 */
export function ledgerTools(file: string): AssistantTool[] {
  const writes = (name: string, approve: 'always' | 'never', answer = (text: string): unknown => text) =>
    tool({
      description: `Writes a line, as ${name}.`,
      schema: z.object({ linha: z.string() }),
      approve,
      async run(args, { callId: key, conversationId, signal }) {
        await delay(Math.random() * LONGEST_WAIT)
        signal.throwIfAborted()
        const [messageId = '', callId = ''] = key.split('/')
        append(file, { messageId, callId, tool: name, conversationId, arguments: args })
        await delay(Math.random() * LONGEST_WAIT)
        return answer(`escrito: ${args.linha}`)
      },
    })
  return [
    ...defineTools({
      conta: writes('conta', 'never'),
      pede: writes('pede', 'always'),
      anexa: writes('anexa', 'never', text =>
        withFiles(text, [{ name: 'linha.txt', bytes: Buffer.from(text) }]),
      ),
    }),
    ...askingTools(effect => append(file, effect)),
  ]
}

/** Everything that tools have done, in its order. */
export function readLedger(file: string): Effect[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter(line => line !== '').map(line => JSON.parse(line))
}

function append(file: string, effect: Effect): void {
  const descriptor = openSync(file, 'a')
  try {
    writeSync(descriptor, `${JSON.stringify(effect)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
