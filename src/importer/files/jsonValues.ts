import { pipeline, Readable } from 'node:stream'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import { streamValues } from 'stream-json/streamers/stream-values.js'
import { ImportProblem } from '../importProblem.ts'
import type { SourceFile } from './sourceFile.ts'

/** The most characters of one conversation, because it is held in memory. */
const MAX_VALUE = 512 * 1024 * 1024

/**
 * The values of a JSON file, one after another: the elements of an array, or what else the file consists of. Only one of
 * them is in memory. `onBytes` learns how many bytes were read. Throws `ImportProblem` if the file is no JSON or ends
 * too early.
 */
export async function* jsonValues(
  file: SourceFile,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<unknown> {
  let sinceValue = 0
  try {
    const chunks = await file.open()
    const text = textOf(chunks, bytes => {
      onBytes(bytes)
      sinceValue += bytes
      if (sinceValue > MAX_VALUE)
        throw new ImportProblem(`${file.name}: one conversation has more than ${MAX_VALUE} bytes.`)
    })
    const { value: beginning = '' } = await text.next()
    if (beginning.trim() === '') throw new SyntaxError('it is empty')
    const isArray = beginning.trimStart().startsWith('[')
    const values = isArray ? streamArray.withParserAsStream() : streamValues.withParserAsStream()
    const whole = async function* () {
      yield beginning
      yield* text
    }
    // The loop below gets the error.
    pipeline(Readable.from(whole()), values, () => {})
    for await (const { value } of values) {
      sinceValue = 0
      yield value
    }
  } catch (error) {
    if (error instanceof ImportProblem) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new ImportProblem(`${file.name} is damaged, or it is no JSON (${said}). Nothing was imported.`)
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
