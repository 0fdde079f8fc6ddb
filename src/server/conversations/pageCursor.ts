import { RiachoError } from '../../protocol/errors.ts'

/** Where a page ends, as its reader gives it back. */
export function encodeCursor(fields: readonly (string | number)[]): string {
  return Buffer.from(fields.join(':')).toString('base64url')
}

/** The fields of a cursor, the groups of `shape`. Throws `INVALID_REQUEST` for one that is none of ours. */
export function decodeCursor(cursor: string, shape: RegExp): string[] {
  const match = shape.exec(Buffer.from(cursor, 'base64url').toString())
  if (!match)
    throw new RiachoError('INVALID_REQUEST', 'unknown cursor', { issues: ['cursor: not one of ours'] })
  return match.slice(1)
}
