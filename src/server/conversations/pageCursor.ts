import { RiachoError } from '../../protocol/errors.ts'

/** Encodes where a page ends. The client sends it back to get the next page. */
export function encodeCursor(fields: readonly (string | number)[]): string {
  return Buffer.from(fields.join(':')).toString('base64url')
}

/** The fields of a cursor: the groups of `shape`. Throws `INVALID_REQUEST` if the server did not make the cursor. */
export function decodeCursor(cursor: string, shape: RegExp): string[] {
  const match = shape.exec(Buffer.from(cursor, 'base64url').toString())
  if (!match)
    throw new RiachoError('INVALID_REQUEST', 'unknown cursor', { issues: ['cursor: not one of ours'] })
  return match.slice(1)
}
