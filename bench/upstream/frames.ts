import { randomUUID } from 'node:crypto'
import { tokenAt } from '../harness/token.ts'

/** The frames of one reply as the Responses API of OpenAI sends them, as latin1 strings of UTF-8 bytes. */
export interface ReplyFrames {
  head(): string
  delta(index: number): string
  /** The last frames: those of the calls, and those that repeat the whole text four times, as OpenAI does. */
  tail(): string
}

/** `tools` are the names of the tools that the reply calls after its text. */
export function createFrames(tools: readonly string[] = []): ReplyFrames {
  const id = `resp_${randomUUID().replaceAll('-', '')}`
  const itemId = `msg_${randomUUID().replaceAll('-', '')}`
  const place = { item_id: itemId, output_index: 0, content_index: 0 }
  let sequence = 0
  let text = ''
  const frame = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields, sequence_number: sequence++ })}\n\n`
  const response = (status: string, output: object[], usage: object | null) => ({
    response: { id, object: 'response', created_at: 1, status, model: 'bench', output, usage, error: null },
  })
  const item = (status: string, content: object[]) => ({
    id: itemId,
    type: 'message',
    role: 'assistant',
    status,
    content,
  })
  const beforeDelta = `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":`
  const afterSequence = `,"item_id":"${itemId}","output_index":0,"content_index":0,"delta":"`
  return {
    head: () =>
      frame('response.created', response('in_progress', [], null)) +
      frame('response.in_progress', response('in_progress', [], null)) +
      frame('response.output_item.added', { output_index: 0, item: item('in_progress', []) }) +
      frame('response.content_part.added', { ...place, part: partOf('') }),
    delta(index) {
      const token = tokenAt(index)
      text += token
      return `${beforeDelta}${sequence++}${afterSequence}${token}","logprobs":[]}\n\n`
    },
    tail() {
      const tokens = text.split(/[^0-9a-z]+/).length - 1
      const usage = {
        input_tokens: 12,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: tokens,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: tokens + 12,
      }
      const done = item('completed', [partOf(text)])
      const calls = tools.map((name, index) => callOf(name, index, id))
      return (
        frame('response.output_text.done', { ...place, text, logprobs: [] }) +
        frame('response.content_part.done', { ...place, part: partOf(text) }) +
        frame('response.output_item.done', { output_index: 0, item: done }) +
        calls.map(call => callFrames(call, frame)).join('') +
        frame('response.completed', response('completed', [done, ...calls.map(call => call.item)], usage))
      )
    },
  }
}

function partOf(text: string) {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

interface Call {
  place: { output_index: number; item_id: string }
  item: {
    id: string
    type: 'function_call'
    status: string
    call_id: string
    name: string
    arguments: string
  }
}

function callOf(name: string, index: number, replyId: string): Call {
  const id = `fc_${index}_${replyId.slice(5)}`
  const callId = `call_${index}_${replyId.slice(5, 21)}`
  const args = JSON.stringify({ place: 'Recife' })
  return {
    place: { output_index: index + 1, item_id: id },
    item: { id, type: 'function_call', status: 'completed', call_id: callId, name, arguments: args },
  }
}

function callFrames({ place, item }: Call, frame: (type: string, fields: object) => string): string {
  const { output_index } = place
  return (
    frame('response.output_item.added', {
      output_index,
      item: { ...item, status: 'in_progress', arguments: '' },
    }) +
    frame('response.function_call_arguments.delta', { ...place, delta: item.arguments }) +
    frame('response.function_call_arguments.done', { ...place, arguments: item.arguments }) +
    frame('response.output_item.done', { output_index, item })
  )
}
