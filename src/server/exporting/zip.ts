import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'

export interface ZipEntry {
  /** The path in the zip. */
  name: string
  /** Small already, as pictures are. */
  isPacked: boolean
  content: AsyncIterable<Uint8Array>
}

/** A zip of the entries, piece by piece. Of each entry no more than one piece is in memory. */
export async function* zipOf(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array, undefined> {
  let pieces: Uint8Array[] = []
  let failure: Error | null = null
  const zip = new Zip((error, piece) => {
    failure ??= error
    pieces.push(piece)
  })
  const take = () => {
    if (failure) throw failure
    const taken = pieces
    pieces = []
    return taken
  }
  for await (const { name, isPacked, content } of entries) {
    const entry = isPacked ? new ZipPassThrough(name) : new ZipDeflate(name)
    zip.add(entry)
    for await (const piece of content) {
      entry.push(piece)
      yield* take()
    }
    entry.push(new Uint8Array(), true)
    yield* take()
  }
  zip.end()
  yield* take()
}
