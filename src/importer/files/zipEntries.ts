import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { type Entry, open, type ZipFile } from 'yauzl'
import { ImportProblem } from '../importProblem.ts'
import { isJsonFile, type SourceFiles } from './sourceFile.ts'

/** An export of many years has some thousand pictures. */
const MAX_ENTRIES = 200_000
/** Text of conversations shrinks to a tenth. A file that shrinks far more, and is not small, was made to fill memory. */
const MAX_RATIO = 200
const SMALL = 64 * 1024 * 1024
/** Of all JSON files together, unpacked. */
const MAX_BYTES = 64 * 1024 * 1024 * 1024

/** The JSON files of a zip, which are read without unpacking it. Throws `ImportProblem`. */
export async function openZip(path: string): Promise<SourceFiles> {
  const zip = await openFile(path)
  try {
    const entries = await entriesOf(zip)
    const wanted = entries.filter(({ fileName }) => isJsonFile(fileName))
    checkSizes(wanted)
    const openStream = promisify<Entry, Readable>(zip.openReadStream.bind(zip))
    const files = wanted.map(entry => ({
      name: entry.fileName,
      bytes: entry.uncompressedSize,
      open: () => openStream(entry),
    }))
    return { files, others: entries.length - wanted.length, close: () => zip.close() }
  } catch (error) {
    zip.close()
    throw error instanceof ImportProblem ? error : damaged(path, error)
  }
}

async function openFile(path: string): Promise<ZipFile> {
  try {
    return await promisify<string, object, ZipFile>(open)(path, { lazyEntries: true, autoClose: false })
  } catch (error) {
    throw damaged(path, error)
  }
}

function damaged(path: string, error: unknown): ImportProblem {
  const said = error instanceof Error ? error.message : String(error)
  return new ImportProblem(`${path} is not a whole zip file (${said}): download the export again.`)
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  if (zip.entryCount > MAX_ENTRIES)
    throw new ImportProblem(`This zip has ${zip.entryCount} files. No export has more than ${MAX_ENTRIES}.`)
  const entries: Entry[] = []
  const { promise, resolve, reject } = Promise.withResolvers<Entry[]>()
  zip.on('entry', (entry: Entry) => {
    entries.push(entry)
    zip.readEntry()
  })
  zip.on('end', () => resolve(entries))
  zip.on('error', reject)
  zip.readEntry()
  return promise
}

/** The library ends a file with an error once it is longer than it says here. */
function checkSizes(entries: readonly Entry[]): void {
  let bytes = 0
  for (const { fileName, compressedSize, uncompressedSize } of entries) {
    bytes += uncompressedSize
    if (uncompressedSize > SMALL && uncompressedSize > compressedSize * MAX_RATIO)
      throw new ImportProblem(
        `${fileName} in this zip unpacks to ${uncompressedSize} bytes: it looks like a zip bomb.`,
      )
  }
  if (bytes > MAX_BYTES)
    throw new ImportProblem(
      `The JSON files of this zip unpack to ${bytes} bytes. At most ${MAX_BYTES} are read.`,
    )
}
