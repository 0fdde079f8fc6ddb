import { once } from 'node:events'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import {
  type AssistantTool,
  defineTools,
  type HostTool,
  tool,
  withFiles,
} from '../../src/server/tools/hostTools.ts'
import { askingTools } from './askingTools.ts'
import type { Effect } from './effect.ts'

/** The longest time that a tool waits before its effect, and as long again before its answer, in milliseconds. */
const LONGEST_WAIT = 60

/**
 * Tools whose effect is a line in a file, so that it outlives the process and cannot be taken back. `conta` runs at once, and
 * so do `anexa`, which gives a file, and `repete`, which may be repeated. A person decides about each call of `pede`.
 * `askingTools` are those that ask. `holds`: the others never answer.
 */
export function ledgerTools(file: string, { holds = false } = {}): AssistantTool[] {
  const writes = (
    name: string,
    others: Pick<HostTool, 'approve' | 'repeatable'> = {},
    answer = (text: string): unknown => text,
  ) =>
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
        return answer(`escrito: ${args.linha}`)
      },
    })
  return [
    ...defineTools({
      conta: writes('conta'),
      repete: writes('repete', { repeatable: true }),
      pede: writes('pede', { approve: 'always' }),
      anexa: writes('anexa', {}, text => withFiles(text, [{ name: 'linha.txt', bytes: Buffer.from(text) }])),
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
