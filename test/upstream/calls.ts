import type { Reply, ScriptedCall } from './reply.ts'

type Frame = (type: string, fields: object) => string

/** What a reasoning model wants back with its calls. */
export const ENCRYPTED = 'encrypted thought'

/** The calls of a reply as events of the Responses API, one step for each event. */
export function responsesCalls({ calls = [] }: Reply, frame: Frame): string[] {
  return calls.flatMap((call, index) => {
    const place = { output_index: 2 + index, item_id: `fc_${index}` }
    const item = itemOf(call, index)
    return [
      frame('response.output_item.added', {
        output_index: place.output_index,
        item: { ...item, arguments: '' },
      }),
      ...piecesOf(call.arguments).map(delta =>
        frame('response.function_call_arguments.delta', { ...place, delta }),
      ),
      frame('response.function_call_arguments.done', { ...place, arguments: call.arguments }) +
        frame('response.output_item.done', { output_index: place.output_index, item }),
    ]
  })
}

/** The calls as items of a whole response. */
export function callItems({ calls = [] }: Reply): object[] {
  return calls.map(itemOf)
}

function itemOf({ name, arguments: args, id }: ScriptedCall, index: number) {
  return {
    id: `fc_${index}`,
    type: 'function_call',
    status: 'completed',
    call_id: id ?? idOf(index),
    name,
    arguments: args,
  }
}

/** The calls as deltas of Chat Completions. */
export function chatCalls({ calls = [] }: Reply): object[] {
  return calls.flatMap(({ name, arguments: args, id }, index) => [
    { tool_calls: [{ index, id: id ?? idOf(index), type: 'function', function: { name, arguments: '' } }] },
    ...piecesOf(args).map(piece => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ])
}

function idOf(index: number): string {
  return `call_${String(index).padStart(12, '0')}`
}

function piecesOf(text: string): string[] {
  const size = Math.max(1, Math.ceil(text.length / 3))
  return text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
}
