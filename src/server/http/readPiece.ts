import { RiachoError } from '../../protocol/errors.ts'
import { MAX_BODY_BYTES } from '../../protocol/limits.ts'

/**
 * Reads a piece of a file. If the client leaves in the middle, what has come of it counts, because a network that often cuts would
 * otherwise never bring a whole one. Throws `TOO_LARGE`.
 */
export async function readPiece(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of chunks) {
      length += chunk.length
      if (length > MAX_BODY_BYTES) break
      pieces.push(chunk)
    }
  } catch {
    // The client has left.
  }
  if (length > MAX_BODY_BYTES) throw new RiachoError('TOO_LARGE')
  return Buffer.concat(pieces)
}
