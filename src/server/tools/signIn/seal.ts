import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const [NONCE, TAG] = [12, 16]

/** Keeps texts so that only who has the secret reads them. */
export interface Seal {
  /** `about`: what the text is for. It opens for nothing else. */
  close(text: string, about: string): string
  /** `undefined`: it was closed with another secret or about something else, or is damaged. */
  open(sealed: string, about: string): string | undefined
}

/** The first secret closes. Each of them opens, so that a new one can take the place of an old one. */
export function createSeal(secrets: readonly [string, ...string[]]): Seal {
  const keys = secrets.map(secret => Buffer.from(hkdfSync('sha256', secret, '', 'riacho tool sign-ins', 32)))
  const [first] = keys
  if (!first) throw new Error('no secret')

  function openWith(key: Buffer, bytes: Buffer, about: string): string | undefined {
    try {
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE))
      decipher.setAAD(Buffer.from(about))
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG))
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString()
    } catch {
      return undefined
    }
  }

  return {
    close(text, about) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv(CIPHER, first, nonce)
      cipher.setAAD(Buffer.from(about))
      const closed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), closed]).toString('base64url')
    },
    open(sealed, about) {
      const bytes = Buffer.from(sealed, 'base64url')
      for (const key of keys) {
        const text = openWith(key, bytes, about)
        if (text !== undefined) return text
      }
      return undefined
    },
  }
}
