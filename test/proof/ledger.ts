import { once } from 'node:events'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type AssistantTool, defineTools, type HostTool, tool } from '../../src/server/tools/hostTools.ts'

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
 * Tools whose effect is a line in a file, so that it outlives the process and cannot be taken back. `conta` runs at once, `repete`
 * too and may be repeated, and a person decides about each call of `pede`. `holds`: they never answer.
 */
export function ledgerTools(file: string, { holds = false } = {}): AssistantTool[] {
  const writes = (name: string, others: Pick<HostTool, 'approve' | 'repeatable'> = {}) =>
    tool({
      ...others,
      description: `Writes a line, as ${name}.`,
      schema: z.object({ linha: z.string() }),
      async run(args, { callId: key, conversationId, signal }) {
        await delay(Math.random() * LONGEST_WAIT)
        signal.throwIfAborted()
        const [messageId = '', callId = ''] = key.split('/')
        append(file, { messageId, callId, tool: name, conversationId, arguments: args })
        if (holds) await once(signal, 'abort')
        await delay(Math.random() * LONGEST_WAIT)
        return `escrito: ${args.linha}`
      },
    })
  return defineTools({
    conta: writes('conta'),
    repete: writes('repete', { repeatable: true }),
    pede: writes('pede', { approve: 'always' }),
  })
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
