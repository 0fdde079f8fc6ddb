import type { KeepFailure } from '../../protocol/madeFiles.ts'
import type { StoredFile } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'

/** Something that a model or a tool made. */
export interface MadeFile {
  fileId: string
  ownerId: string
  /** Without an ending for the kind of its bytes, which is found out. */
  name: string
  bytes: Uint8Array
  /** It has been stored before. Earlier bytes of the same file go, also if nobody has waited until they were stored. */
  replaces?: boolean
  /** Once it is aborted, nobody waits any more, and nothing is stored. What is being committed by then may still be. */
  signal?: AbortSignal
  /** Whatever else it turns out to be, it is refused. */
  mustBeImage?: boolean
}

export type Kept = { file: StoredFile } | { code: KeepFailure }

/** How long a run waits until a file is stored, in milliseconds. */
const LONGEST_KEEP = 30_000

/** Stores what models and tools make. */
export interface FileKeeper {
  createId(): string
  /** The most bytes that it takes of one file. */
  readonly mostBytes: number
  /**
   * Stores a file for its owner. It goes after a day, unless a message has it by then. Never rejects: what is in the way is the
   * answer.
   */
  keep(made: MadeFile): Promise<Kept>
}

/** As `keep`, for at most 30 s. A text is Base64, and is read only if it is short enough. */
export async function keepSoon(
  { keeper, clock }: { keeper: FileKeeper; clock: Clock },
  { bytes, ...made }: Omit<MadeFile, 'bytes' | 'signal'> & { bytes: Uint8Array | string },
): Promise<Kept> {
  const size = typeof bytes === 'string' ? (bytes.length * 3) / 4 : bytes.length
  if (size > keeper.mostBytes + 2) return { code: 'FILE_TOO_LARGE' }
  const late = new AbortController()
  const kept = keeper.keep({
    ...made,
    signal: late.signal,
    bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : bytes,
  })
  const { promise: isLate, resolve } = Promise.withResolvers<Kept>()
  const timer = clock.schedule(() => {
    late.abort()
    resolve({ code: 'STORAGE_UNAVAILABLE' })
  }, LONGEST_KEEP)
  const first = await Promise.race([kept, isLate])
  clock.cancel(timer)
  return first
}
