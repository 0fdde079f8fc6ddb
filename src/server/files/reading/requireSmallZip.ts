import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { FileProblem } from '../fileProblem.ts'

/** What a document may unpack to: bytes, in relation to its own size, and entries. */
const MOST_BYTES = 100_000_000
const MOST_RATIO = 100
/** Below this the ratio does not matter. */
const HARMLESS_BYTES = 10_000_000
const MOST_ENTRIES = 5000

/**
 * Refuses a zip file that unpacks to far more than it is (a zip bomb): by the sizes that it declares, and then by those that
 * it has, because it may lie. Throws `FileProblem`.
 */
export async function requireSmallZip(bytes: Uint8Array): Promise<void> {
  const zip = await open(bytes)
  const entries = await entriesOf(zip)
  const declared = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  const isBomb = declared > HARMLESS_BYTES && declared / bytes.length > MOST_RATIO
  if (declared > MOST_BYTES || isBomb) throw new FileProblem('FILE_TOO_LONG')
  // The library ends a stream that gives more than was declared.
  for (const entry of entries) await unpack(zip, entry)
}

function open(bytes: Uint8Array): Promise<ZipFile> {
  const { promise, resolve, reject } = Promise.withResolvers<ZipFile>()
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  fromBuffer(buffer, { lazyEntries: true, validateEntrySizes: true }, (error, zip) =>
    error ? reject(unreadable(error)) : resolve(zip),
  )
  return promise
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  if (zip.entryCount > MOST_ENTRIES) throw new FileProblem('FILE_TOO_LONG')
  const { promise, resolve, reject } = Promise.withResolvers<Entry[]>()
  const entries: Entry[] = []
  zip.on('entry', (entry: Entry) => {
    if (entry.isEncrypted()) reject(new FileProblem('FILE_ENCRYPTED'))
    entries.push(entry)
    zip.readEntry()
  })
  zip.on('end', () => resolve(entries))
  zip.on('error', error => reject(unreadable(error)))
  zip.readEntry()
  return promise
}

function unpack(zip: ZipFile, entry: Entry): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  zip.openReadStream(entry, (error, stream) => {
    if (error) return reject(unreadable(error))
    stream.on('error', cause => reject(unreadable(cause)))
    stream.on('end', resolve)
    stream.resume()
  })
  return promise
}

function unreadable(cause: unknown): FileProblem {
  return new FileProblem('FILE_UNREADABLE', { cause })
}
