/** The longest file name, in characters. File systems take 255 bytes. */
const MAX_NAME = 80

/**
 * Names a download twice: in ASCII, and as RFC 5987 encodes other characters. Leaves out characters that some file
 * system refuses.
 */
export function contentDisposition(name: string): string {
  const [, stem = '', ending = ''] = /^(.*?)(\.\w+)?$/s.exec(name) ?? []
  const clean = stem
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  const file = `${[...clean].slice(0, MAX_NAME).join('').trim() || 'riacho'}${ending}`
  const ascii = file
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, '_')
    .replace(/%/g, '_')
  const encoded = encodeURIComponent(file).replace(
    /['()]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
