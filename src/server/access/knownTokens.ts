import type { Clock } from '../clock.ts'
import { findKey } from '../database/apiKeys.ts'
import type { ApiKeyRow, Queries, SessionRow } from '../database/schema.ts'
import { findSession } from '../database/sessions.ts'
import type { TokenChange } from '../database/tokenChange.ts'

/** The most tokens that a node remembers. */
const MAX_KNOWN = 10_000
/** The use of a token is stored at most this often, in milliseconds. */
export const NOTE_INTERVAL = 60 * 60_000
/** A token that nobody used for this long is forgotten, in milliseconds. */
const IDLE = 5 * 60_000
/** A stream begins within this time after its request was let in, in milliseconds. */
const LATE_STREAM = 60_000

/** What every row of a token says. */
interface TokenRow {
  /** SHA-256 of the token, as base64url. */
  token_hash: string
  /** The id of the session, or of the API key. */
  id: string
  /** The token counts before this time. */
  expires_at: number
  revoked_at: number | null
}

/** A token that counts, as this node knows it. */
export interface KnownToken<Row extends TokenRow> {
  row: Row
  /** When its next use is to be noted, by the steady time. */
  noteAt: number
}

/** The sessions and the API keys that a node remembers, as whoever revokes both sees them. */
export interface KnownProofs {
  learn(changes: readonly TokenChange[]): void
}

/** Something that ends when its session or API key is revoked. */
export interface RevocableReader {
  revoke(): void
}

interface KnownOptions {
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  clock: Pick<Clock, 'monotonic'>
  /** As `Remote.requireTrust`. */
  requireTrust: () => void
}

interface KnownTokensOptions<Row extends TokenRow> extends KnownOptions {
  /** The row of a token, also if it counts no more. Rejects with what the database throws. */
  findRow: (tokenHash: string) => Promise<Row | undefined>
  /** When a use was stored last. `null` if none was. */
  notedAt: (row: Row) => number | null
}

/**
 * What this node remembers of sessions, or of API keys: tokens that counted when they were looked up, and the readers that
 * are open for each session or key. Whoever revokes something, here or at another node, has to tell it by `learn`.
 */
class KnownTokens<Row extends TokenRow> {
  readonly #options: KnownTokensOptions<Row>
  /** By the hash of the token. What was used last comes last. */
  readonly #known = new Map<string, KnownToken<Row> & { usedAt: number }>()
  /** By the id of the session or key. */
  readonly #readers = new Map<string, Set<RevocableReader>>()
  /** What was revoked lately, by its id, and when this node learned it. */
  readonly #revoked = new Map<string, number>()
  /** How often something was learned. */
  #learned = 0
  #onUse: (() => void) | undefined
  #isFresh = () => true

  constructor(options: KnownTokensOptions<Row>) {
    this.#options = options
  }

  /** Whether there is anything that a revocation elsewhere could concern. */
  get isInUse(): boolean {
    return this.#known.size > 0 || this.#readers.size > 0
  }

  /**
   * Where there are other nodes: `onUse` is called whenever something is remembered, and `isFresh` says whether what is
   * remembered may be trusted.
   */
  watchBy({ onUse, isFresh }: { onUse: () => void; isFresh: () => boolean }): void {
    this.#onUse = onUse
    this.#isFresh = isFresh
  }

  /**
   * The token with this hash if it counts, and otherwise its row if there is one. A token that is remembered costs no
   * query. Throws what the database throws, and `STORAGE_UNAVAILABLE` at once while this node is cut off from it.
   */
  async find(tokenHash: string): Promise<{ token?: KnownToken<Row>; row?: Row }> {
    const known = this.#known.get(tokenHash)
    if (known && this.#isFresh() && this.#counts(known.row)) {
      this.#known.delete(tokenHash)
      this.#known.set(tokenHash, known)
      known.usedAt = this.#options.clock.monotonic()
      return { token: known }
    }
    this.#known.delete(tokenHash)
    this.#options.requireTrust()
    const learned = this.#learned
    const row = await this.#options.findRow(tokenHash)
    if (!row) return {}
    if (!this.#counts(row)) return { row }
    // What was learned meanwhile may be about this token.
    return { token: learned === this.#learned ? this.add(row) : this.#tokenOf(row) }
  }

  /** Remembers a token that is stored. */
  add(row: Row): KnownToken<Row> {
    const token = this.#tokenOf(row)
    this.#known.set(row.token_hash, token)
    if (this.#known.size > MAX_KNOWN) this.#forgetOldest()
    this.#onUse?.()
    return token
  }

  /**
   * Forgets the tokens that count no more, and ends the readers of what was revoked. Changes of tokens of another kind do
   * nothing.
   */
  learn(changes: readonly TokenChange[]): void {
    if (changes.length > 0) this.#learned += 1
    this.#forgetRevoked()
    for (const { tokenHash, id, expiresAt, revokedAt } of changes) {
      const known = this.#known.get(tokenHash)
      if (known) known.row = { ...known.row, expires_at: expiresAt }
      if (revokedAt === null) continue
      this.#known.delete(tokenHash)
      this.#revoked.set(id, this.#options.clock.monotonic())
      for (const reader of this.#readers.get(id) ?? []) reader.revoke()
    }
  }

  /**
   * Ends `reader` when the session or key with this id is revoked, and at once if that has happened. Call the result when
   * it has ended.
   */
  hold(id: string, reader: RevocableReader): () => void {
    this.#forgetRevoked()
    const readers = this.#readers.get(id) ?? new Set()
    readers.add(reader)
    this.#readers.set(id, readers)
    this.#onUse?.()
    if (this.#revoked.has(id)) reader.revoke()
    return () => {
      readers.delete(reader)
      if (readers.size === 0 && this.#readers.get(id) === readers) this.#readers.delete(id)
    }
  }

  /** Forgets what nobody has used lately. */
  forgetIdle(): void {
    const before = this.#options.clock.monotonic() - IDLE
    for (const [tokenHash, { usedAt }] of this.#known) {
      if (usedAt > before) break
      this.#known.delete(tokenHash)
    }
  }

  #tokenOf(row: Row): KnownToken<Row> & { usedAt: number } {
    const notedAt = this.#options.notedAt(row)
    const noteAt = notedAt === null ? 0 : notedAt + NOTE_INTERVAL
    return { row, noteAt, usedAt: this.#options.clock.monotonic() }
  }

  #counts({ expires_at, revoked_at }: Row): boolean {
    return revoked_at === null && expires_at > this.#options.steadyTime()
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  #forgetRevoked(): void {
    const before = this.#options.clock.monotonic() - LATE_STREAM
    for (const [id, at] of this.#revoked) {
      if (at > before) break
      this.#revoked.delete(id)
    }
  }
}

export type KnownSessions = KnownTokens<SessionRow>
export type KnownKeys = KnownTokens<ApiKeyRow>

/** What this node remembers of the tokens of sessions. It looks them up with `queries`. */
export function createKnownSessions({
  queries,
  ...options
}: KnownOptions & { queries: Queries }): KnownSessions {
  return new KnownTokens({
    ...options,
    findRow: tokenHash => findSession(queries, tokenHash),
    // The first request with a token is noted at once.
    notedAt: row => (row.is_confirmed ? row.used_at : null),
  })
}

/** What this node remembers of API keys. It looks them up with `queries`. */
export function createKnownKeys({ queries, ...options }: KnownOptions & { queries: Queries }): KnownKeys {
  return new KnownTokens({
    ...options,
    findRow: tokenHash => findKey(queries, tokenHash),
    notedAt: row => row.used_at,
  })
}
