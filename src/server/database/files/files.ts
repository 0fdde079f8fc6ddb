import { type Expression, type SqlBool, sql } from 'kysely'
import type { FileRefusal } from '../../../protocol/errors.ts'
import type { StoredFile } from '../../../protocol/parts.ts'
import { dialectOf } from '../dialect.ts'
import type { Queries } from '../schema.ts'
import type { FilePieceRow, FileRow } from './fileRows.ts'

const COLUMNS = [
  'id',
  'owner_id',
  'name',
  'media_type',
  'size',
  'state',
  'received',
  'attempts',
  'code',
  'stored_as',
  'width',
  'height',
  'pages',
  'tokens',
  'created_at',
  'due_at',
] as const satisfies readonly (keyof FileRow)[]

/** What is known of a file. */
export type FileFacts = Pick<FileRow, (typeof COLUMNS)[number]>

export async function insertFile(queries: Queries, row: FileRow): Promise<void> {
  await queries.insertInto('files').values(row).execute()
}

/** False if the file is there already, with earlier bytes. */
export async function insertFileOnce(queries: Queries, row: FileRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('files')
    .values(row)
    .onConflict(conflict => conflict.column('id').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export function findFile(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<FileFacts | undefined> {
  return queries
    .selectFrom('files')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .executeTakeFirst()
}

/** What each file counts besides its bytes and its text, as other rows do. */
const ROW_BYTES = 1000

/** What a file of this size counts in `bytesOfFiles`. */
export function countedBytesOf({ size, textBytes = 0 }: { size: number; textBytes?: number }): number {
  return size + textBytes + ROW_BYTES
}

/** What all files of an owner count, those under way included, without the one with the id `besides`. */
export async function bytesOfFiles(
  queries: Queries,
  { ownerId, besides = '' }: { ownerId: string; besides?: string },
): Promise<number> {
  const row = await queries
    .selectFrom('files')
    .select(sql<number | string | null>`sum(size + text_bytes + ${sql.lit(ROW_BYTES)})`.as('bytes'))
    .where('owner_id', '=', ownerId)
    .where('id', '!=', besides)
    .executeTakeFirst()
  return Number(row?.bytes ?? 0)
}

/** Adds a piece where the file ends. False if it ends elsewhere, or there is no such file that is uploaded. */
export async function appendPiece(
  queries: Queries,
  { piece, ownerId }: { piece: FilePieceRow; ownerId: string },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('files')
    .set({ received: piece.position + piece.size })
    .where('id', '=', piece.file_id)
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'uploading')
    .where('received', '=', piece.position)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  await queries.insertInto('file_pieces').values(piece).execute()
  return true
}

/** The pieces of a file, in their order. */
export function listPieces(queries: Queries, fileId: string): Promise<FilePieceRow[]> {
  return queries
    .selectFrom('file_pieces')
    .selectAll()
    .where('file_id', '=', fileId)
    .orderBy('position')
    .execute()
}

/**
 * Files that are all there, and of which nobody knows yet what they are. Leaves out those at which a process looks that has said so
 * after `leftBefore`.
 */
export function listComplete(
  queries: Queries,
  { leftBefore, limit }: { leftBefore: number; limit: number },
): Promise<FileFacts[]> {
  return queries
    .selectFrom('files')
    .select(COLUMNS)
    .where('state', '=', 'uploading')
    .whereRef('received', '=', 'size')
    .where(isLeft(leftBefore))
    .orderBy(sql`row_number() over (partition by owner_id order by created_at)`)
    .orderBy('created_at')
    .limit(limit)
    .execute()
}

/** Whether no process looks at a file that has said so after `leftBefore`. */
function isLeft(leftBefore: number): Expression<SqlBool> {
  return sql`(looked_at is null or looked_at <= ${leftBefore})`
}

/**
 * Counts one more try to find out what a file is, and keeps other processes from it until `looked_at` is too old. Returns the number
 * of tries so far, or `undefined` if the file is already settled, or another process looks.
 */
export async function countAttempt(
  queries: Queries,
  { id, now, leftBefore }: { id: string; now: number; leftBefore: number },
): Promise<number | undefined> {
  const row = await queries
    .updateTable('files')
    .set({ attempts: sql`attempts + 1`, looked_at: now })
    .where('id', '=', id)
    .where('state', '=', 'uploading')
    .where(isLeft(leftBefore))
    .returning('attempts')
    .executeTakeFirst()
  return row?.attempts
}

/** Says that the process that looks at a file still does. */
export async function renewLook(queries: Queries, { id, now }: { id: string; now: number }): Promise<void> {
  await queries
    .updateTable('files')
    .set({ looked_at: now })
    .where('id', '=', id)
    // It may have ended meanwhile.
    .where('looked_at', 'is not', null)
    .execute()
}

/** Takes the last try back, and lets other processes try. */
export async function forgetAttempt(queries: Queries, id: string): Promise<void> {
  await queries
    .updateTable('files')
    .set({ attempts: sql`attempts - 1`, looked_at: null })
    .where('id', '=', id)
    .execute()
}

/** What a file turned out to be. */
export type Outcome =
  | { state: 'refused'; code: FileRefusal }
  | {
      state: 'ready'
      media_type: string
      size: number
      stored_as: string
      width: number | null
      height: number | null
      pages: number | null
      tokens: number | null
      text_bytes: number
    }

/**
 * Stores what a file turned out to be, once, and when to look whether it goes. A file that was deleted meanwhile still goes at
 * once. False if another process was first, or the file is gone.
 */
export async function settleFile(
  queries: Queries,
  { id, outcome, dueAt }: { id: string; outcome: Outcome; dueAt: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('files')
    .set({ ...outcome, due_at: sql`case when due_at = 0 then 0 else cast(${dueAt} as bigint) end` })
    .where('id', '=', id)
    .where('state', '=', 'uploading')
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  await queries.deleteFrom('file_pieces').where('file_id', '=', id).execute()
  return true
}

/**
 * Where the store has the bytes whose names begin with `prefix`, if a file has them. Takes a lock that whoever deletes these bytes
 * takes too.
 */
export async function findContent(queries: Queries, prefix: string): Promise<string | undefined> {
  await dialectOf(queries).lock(queries, prefix)
  const row = await queries
    .selectFrom('files')
    .select('stored_as')
    .where('stored_as', '>', prefix)
    .where('stored_as', '<', `${prefix}\u007f`)
    .executeTakeFirst()
  return row?.stored_as ?? undefined
}

/** Whether a file has these bytes. Takes a lock that whoever stores these bytes takes too. */
export async function hasContent(
  queries: Queries,
  { prefix, storedAs }: { prefix: string; storedAs: string },
): Promise<boolean> {
  await dialectOf(queries).lock(queries, prefix)
  const row = await queries
    .selectFrom('files')
    .select('id')
    .where('stored_as', '=', storedAs)
    .executeTakeFirst()
  return row !== undefined
}

/** A file as a part of a message has it. */
export function toStoredFile(row: FileFacts): StoredFile {
  const { id: fileId, name, media_type: mediaType, size, width, height, pages, tokens } = row
  const file = { fileId, name, mediaType, size }
  if (width !== null && height !== null) return { type: 'image', ...file, width, height }
  return {
    type: 'document',
    ...file,
    ...(pages !== null && { pages }),
    ...(tokens !== null && { tokens }),
  }
}

/** Gives a file that is ready other bytes. False if the owner has no such file. */
export async function replaceContent(
  queries: Queries,
  {
    id,
    ownerId,
    content,
  }: {
    id: string
    ownerId: string
    content: Pick<FileRow, 'name' | 'media_type' | 'size' | 'width' | 'height'> & { stored_as: string }
  },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('files')
    .set({ ...content, received: content.size })
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'ready')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
