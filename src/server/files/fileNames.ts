import { createHash, randomUUID } from 'node:crypto'

/** How long a file stays that no message has, in milliseconds. */
export const UNCLAIMED_FOR = 24 * 60 * 60 * 1000

/** The folder of the pieces of a file, in the store. */
export function piecesOf(fileId: string): string {
  return `pieces/${fileId}/`
}

/** What begins the names of these bytes in the store, and of no others. */
export function contentPrefix(bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes).digest('hex')
  return `files/${hash.slice(0, 2)}/${hash.slice(2)}.`
}

/** A name for these bytes that nothing ever had. So what goes can never take away what comes again. */
export function contentName(prefix: string): string {
  return prefix + randomUUID().slice(0, 8)
}

/** What begins a name that `contentName` made. */
export function prefixOfName(name: string): string {
  return name.slice(0, name.lastIndexOf('.') + 1)
}
