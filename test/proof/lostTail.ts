import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import type { Random } from '../harness/random.ts'

const WAL_HEADER = 32
const FRAME_HEADER = 24
/** Where the `-shm` file has the number of the last frame that a checkpoint may have written to the database. */
const BACKFILLED_AT = 128
/** The length of one mark of `preloads/syncMarks.ts`: the number of the last frame, and at its end the salts. */
const MARK = 24
const SALTS = 8

/**
 * Loses the end of the write-ahead log of a dead process, as a loss of power does: cuts it at the boundary of a random
 * frame. `marksFile` names the synced frames, which stay. Without it any frame may be lost, unless a checkpoint has
 * written it to the database. Returns how many frames are lost.
 */
export function loseTail(
  databaseFile: string,
  { marksFile, random }: { marksFile?: string; random: Random },
): number {
  const wal = `${databaseFile}-wal`
  // Without an index no process has opened the log since its end was lost before.
  if (!existsSync(wal) || !existsSync(`${databaseFile}-shm`)) return 0
  const bytes = readFileSync(wal)
  if (bytes.length < WAL_HEADER) return 0
  const pageSize = bytes.readUInt32BE(8)
  const salts = bytes.subarray(16, 16 + SALTS)
  const frameLength = FRAME_HEADER + pageSize
  const saltsOf = (frame: number) => {
    const at = WAL_HEADER + frame * frameLength + 8
    return bytes.subarray(at, at + SALTS)
  }
  let frames = 0
  while (WAL_HEADER + (frames + 1) * frameLength <= bytes.length && saltsOf(frames).equals(salts)) frames++
  const kept = Math.min(frames, Math.max(backfilled(databaseFile), marksFile ? synced(marksFile, salts) : 0))
  const left = kept + random.integer(frames - kept + 1)
  truncateSync(wal, WAL_HEADER + left * frameLength)
  rmSync(`${databaseFile}-shm`, { force: true })
  return frames - left
}

function backfilled(databaseFile: string): number {
  const shm = readFileSync(`${databaseFile}-shm`)
  return shm.length > BACKFILLED_AT + 4 ? shm.readUInt32LE(BACKFILLED_AT) : 0
}

/** The last frame with these salts that is known to be synced. A log with other salts is in the database already. */
function synced(marksFile: string, salts: Buffer): number {
  const marks = existsSync(marksFile) ? readFileSync(marksFile) : Buffer.alloc(0)
  for (let end = marks.length - (marks.length % MARK); end >= MARK; end -= MARK) {
    if (marks.subarray(end - SALTS, end).equals(salts)) return marks.readUInt32LE(end - MARK)
  }
  return 0
}
