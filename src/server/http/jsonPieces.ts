import { jsonOf } from '../jsonOf.ts'
import type { ContentAnswer } from './answer.ts'

/** Up to this many UTF-16 units an answer is one text. A longer one is written while it is read. */
const MAX_WHOLE = 64 * 1024

/**
 * Answers with the JSON of an object. A field may be lists that come one after another: they become one array. What
 * fails within the first 64 Ki characters is answered as an error, and a later failure cuts the answer.
 */
export async function jsonInPieces(
  fields: object,
  { status = 200 }: { status?: number } = {},
): Promise<ContentAnswer> {
  const content = await wholeIfShort(jsonOf(fields))
  return { type: 'content', status, mediaType: 'application/json; charset=utf-8', content }
}

/** The pieces as one text if they are short. Otherwise they come one by one. */
export async function wholeIfShort(pieces: AsyncIterable<string>): Promise<string | AsyncIterable<string>> {
  const iterator = pieces[Symbol.asyncIterator]()
  let text = ''
  while (text.length <= MAX_WHOLE) {
    const next = await iterator.next()
    if (next.done) return text
    text += next.value
  }
  return followedBy(text, iterator)
}

async function* followedBy(first: string, rest: AsyncIterator<string>): AsyncGenerator<string, undefined> {
  try {
    yield first
    for (;;) {
      const next = await rest.next()
      if (next.done) return
      yield next.value
    }
  } finally {
    await rest.return?.()
  }
}
