import { safeFileName } from '../fileName.ts'

/**
 * Names a download twice: in ASCII, and as RFC 5987 encodes other characters. Leaves out what some file system
 * refuses.
 */
export function contentDisposition(name: string): string {
  const file = safeFileName(name)
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
