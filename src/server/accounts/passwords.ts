import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** What a hash costs: memory of `N * r` times 128 bytes, and the time to fill it `p` times. */
export interface PasswordCost {
  N: number
  r: number
  p: number
}

/** 64 MiB and about a third of a second of one core. OWASP names it among its equals. */
const COST: PasswordCost = { N: 2 ** 16, r: 8, p: 2 }
const KEY_LENGTH = 32
/** The most passwords that are hashed at once, because each takes its memory. */
const AT_ONCE = 2
/** The most that wait for their turn. More would only wait longer than a person does. */
const MAX_WAITING = 200

export interface Passwords {
  /** What is stored of a password. */
  hash(password: string): Promise<string>
  /**
   * Whether a password is the one that was hashed. Without a hash it takes as long, and is false, so that nobody learns
   * from the time whether there is one.
   */
  matches(password: string, hash: string | null | undefined): Promise<boolean>
  /** Whether a hash was made with other costs than today's. */
  isOld(hash: string): boolean
}

/**
 * Hashes passwords with scrypt, on threads. `onFull` gives the error to throw if too many wait. `cost`: only a test needs
 * another one.
 */
export function createPasswords(onFull: () => Error, cost = COST): Passwords {
  const inTurn = createQueue(onFull)
  const header = `scrypt$${Math.log2(cost.N)}$${cost.r}$${cost.p}`
  const nobody = `${header}$${randomBytes(16).toString('base64url')}$${randomBytes(KEY_LENGTH).toString('base64url')}`
  return {
    async hash(password) {
      const salt = randomBytes(16)
      const key = await inTurn(() => keyOf(password, salt, cost))
      return `${header}$${salt.toString('base64url')}$${key.toString('base64url')}`
    },
    async matches(password, hash) {
      const [, log = '', r = '', p = '', salt = '', expected = ''] = (hash ?? nobody).split('$')
      const paid = { N: 2 ** Number(log), r: Number(r), p: Number(p) }
      const key = await inTurn(() => keyOf(password, Buffer.from(salt, 'base64url'), paid))
      const isSame = timingSafeEqual(key, Buffer.from(expected, 'base64url'))
      return isSame && typeof hash === 'string'
    },
    isOld: hash => !hash.startsWith(`${header}$`),
  }
}

/** Keyboards write one character in several ways, so that all of them have to become one. */
function keyOf(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  const maxmem = 2 * 128 * cost.N * cost.r * cost.p
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_LENGTH, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}

/** Makes a function that does a few works at once, in the order in which they came. */
function createQueue(onFull: () => Error): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async work => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MAX_WAITING) throw onFull()
      await new Promise<void>(resolve => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
