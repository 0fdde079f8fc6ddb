import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type AssistantTool, defineTools, tool } from '../../src/server/tools/hostTools.ts'

/** The longest time that a tool waits before its effect, and as long again before its answer, in milliseconds. */
const LONGEST_WAIT = 60

/** The effect of one call. */
export interface Effect {
  /** The message whose run made the call. */
  messageId: string
  callId: string
  tool: string
  conversationId: string
  arguments: Record<string, unknown>
}

/**
 * Tools whose effect is a line in a file, so that it outlives the process and cannot be taken back. `conta` runs at once, and
 * a person decides about each call of `pede`.
 */
export function ledgerTools(file: string): AssistantTool[] {
  const writes = (name: string, approve: 'always' | 'never') =>
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
        return `escrito: ${args.linha}`
      },
    })
  return defineTools({ conta: writes('conta', 'never'), pede: writes('pede', 'always') })
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
