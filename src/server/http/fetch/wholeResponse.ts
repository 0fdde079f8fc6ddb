import type { HeaderFields } from '../../access/requestFacts.ts'
import { headersOf, type WholeAnswer } from '../answer.ts'

/** Sets each of `fields` in `headers`, and replaces what stood there. */
export function addHeaders(headers: Headers, fields: HeaderFields): void {
  for (const [name, value] of Object.entries(fields)) headers.set(name, value)
}

/** Gives an answer that is no stream of events the form of a `Response`. `headersSet`: headers set so far. */
export function wholeResponse(answer: WholeAnswer, headersSet: Headers, method: string): Response {
  const headers = new Headers(headersSet)
  addHeaders(headers, headersOf(answer))
  if (answer.type === 'empty') return new Response(null, { status: 204, headers })
  const { status = 200 } = answer
  if (answer.type === 'json' && !headers.has('content-type'))
    headers.set('content-type', 'application/json; charset=utf-8')
  if (method === 'HEAD') return new Response(null, { status, headers })
  const body = answer.type === 'json' ? JSON.stringify(answer.body) : bodyOf(answer.content)
  return new Response(body, { status, headers })
}

function bodyOf(content: string | AsyncIterable<string | Uint8Array>): string | ReadableStream<Uint8Array> {
  if (typeof content === 'string') return content
  const pieces = encoded(content)
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
}

async function* encoded(content: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of content) yield typeof piece === 'string' ? encoder.encode(piece) : piece
}
