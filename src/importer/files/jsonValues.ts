import { pipeline, Readable } from 'node:stream'
import type { ParserOptions } from 'stream-json/parser.js'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import { streamValues } from 'stream-json/streamers/stream-values.js'
import { ImportProblem } from '../importProblem.ts'
import type { SourceFile } from './sourceFile.ts'

/** The most bytes of one value, because it is held in memory. */
const MAX_VALUE = 128 * 1024 * 1024
/** The most keys and values in one value, because even `{}` takes some ninety bytes of memory, and time. */
const MAX_INNER = 8_000_000

/** By default sixteen values wait to be taken. */
const FEW_AHEAD: ParserOptions = { readableHighWaterMark: 1 }

/**
 * The values of a JSON file, one after another: the elements of an array, or what else the file consists of. Only few of
 * them are in memory. `onBytes` learns how many bytes were read. Throws `ImportProblem` if the file is no JSON or ends
 * too early.
 */
export async function* jsonValues(
  file: SourceFile,
  {
    onBytes = () => {},
    maxValue = MAX_VALUE,
    maxInner = MAX_INNER,
  }: { onBytes?: (bytes: number) => void; maxValue?: number; maxInner?: number } = {},
): AsyncGenerator<unknown> {
  let sinceValue = 0
  let inner = 0
  try {
    const chunks = await file.open()
    const text = textOf(chunks, bytes => {
      onBytes(bytes)
      sinceValue += bytes
      if (sinceValue > maxValue)
        throw new ImportProblem(`${file.name}: one conversation has more than ${maxValue} bytes.`)
    })
    const options = {
      ...FEW_AHEAD,
      includeUndecided: true,
      // It never decides, so it is called for each key and each value, and nothing is left out.
      objectFilter: () => {
        inner += 1
        if (inner > maxInner)
          throw new ImportProblem(`${file.name}: one conversation has more than ${maxInner} keys and values.`)
        return undefined
      },
    }
    const beginning = await beginningOf(text)
    const values = beginning.startsWith('[')
      ? streamArray.withParserAsStream(options)
      : streamValues.withParserAsStream(options)
    const whole = async function* () {
      yield beginning
      yield* text
    }
    // The loop below gets the error.
    pipeline(Readable.from(whole()), values, () => {})
    for await (const { value } of values) {
      sinceValue = 0
      inner = 0
      yield value
    }
  } catch (error) {
    if (error instanceof ImportProblem) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new ImportProblem(`${file.name} is damaged, or it is no JSON (${said}). Nothing was imported.`)
  }
}

/** Text up to and with the first character that is not blank, without the blanks before it. */
async function beginningOf(text: AsyncGenerator<string>): Promise<string> {
  for (;;) {
    const { value, done } = await text.next()
    if (done) throw new SyntaxError('it is empty')
    const beginning = value.trimStart()
    if (beginning !== '') return beginning
  }
}

/** The text of UTF-8, without a byte order mark. Throws `TypeError` if it is another encoding. */
async function* textOf(chunks: Readable, onBytes: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    onBytes(chunk.length)
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield text
  }
  const rest = decoder.decode()
  if (rest !== '') yield rest
}
