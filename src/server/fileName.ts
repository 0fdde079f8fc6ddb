/** The longest file name, in characters. File systems take 255 bytes. */
const MAX_NAME = 80

/** A file name without what some file system refuses, and without folders. */
export function safeFileName(name: string): string {
  const [, stem = '', ending = ''] = /^(.*?)(\.\w+)?$/s.exec(name) ?? []
  const clean = stem
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  return `${[...clean].slice(0, MAX_NAME).join('').trim() || 'riacho'}${ending}`
}
