import type { Clock } from '../clock.ts'
import type { Queries, SessionRow } from '../database/schema.ts'
import { findSession, type SessionChange } from '../database/sessions.ts'

/** The most tokens that a node remembers. */
const MAX_KNOWN = 10_000
/** The use of a token is stored at most this often, in milliseconds. */
export const NOTE_INTERVAL = 60 * 60_000
/** A token that nobody used for this long is forgotten, in milliseconds. */
const IDLE = 5 * 60_000
/** A stream begins within this time after its request was let in, in milliseconds. */
const LATE_STREAM = 60_000

/** A token that counts, as this node knows it. */
export interface KnownToken {
  row: SessionRow
  /** When its next use is to be noted, by the steady time. */
  noteAt: number
}

/** Something that ends when its session is revoked. */
export interface SessionReader {
  revoke(): void
}

export interface KnownSessionsOptions {
  queries: Queries
  steadyTime: () => number
  clock: Pick<Clock, 'monotonic'>
  /** As `Remote.requireTrust`. */
  requireTrust: () => void
}

/**
 * What this node remembers of sessions: tokens that counted when they were looked up, and the readers that are open for
 * each session. Whoever revokes something, here or at another node, has to tell it by `learn`.
 */
export class KnownSessions {
  readonly #options: KnownSessionsOptions
  /** By the hash of the token. What was used last comes last. */
  readonly #known = new Map<string, KnownToken & { usedAt: number }>()
  /** By the id of the session. */
  readonly #readers = new Map<string, Set<SessionReader>>()
  /** Sessions that were revoked lately, and when this node learned it. */
  readonly #revoked = new Map<string, number>()
  /** How often something was learned. */
  #learned = 0
  #onUse: (() => void) | undefined
  #isFresh = () => true

  constructor(options: KnownSessionsOptions) {
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
  async find(tokenHash: string): Promise<{ token?: KnownToken; row?: SessionRow }> {
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
    const row = await findSession(this.#options.queries, tokenHash)
    if (!row) return {}
    if (!this.#counts(row)) return { row }
    // What was learned meanwhile may be about this token.
    return { token: learned === this.#learned ? this.add(row) : this.#tokenOf(row) }
  }

  /** Remembers a token that is stored. */
  add(row: SessionRow): KnownToken {
    const token = this.#tokenOf(row)
    this.#known.set(row.token_hash, token)
    if (this.#known.size > MAX_KNOWN) this.#forgetOldest()
    this.#onUse?.()
    return token
  }

  /** Forgets the tokens that count no more, and ends the readers of revoked sessions. */
  learn(changes: readonly SessionChange[]): void {
    if (changes.length > 0) this.#learned += 1
    this.#forgetRevoked()
    for (const { tokenHash, id, expiresAt, changedAt, revokedAt } of changes) {
      const known = this.#known.get(tokenHash)
      if (known) known.row = { ...known.row, expires_at: expiresAt, changed_at: changedAt }
      if (revokedAt === null) continue
      this.#known.delete(tokenHash)
      this.#revoked.set(id, this.#options.clock.monotonic())
      for (const reader of this.#readers.get(id) ?? []) reader.revoke()
    }
  }

  /** Ends `reader` when the session is revoked, and at once if that has happened. Call the result when it has ended. */
  hold(sessionId: string, reader: SessionReader): () => void {
    this.#forgetRevoked()
    const readers = this.#readers.get(sessionId) ?? new Set()
    readers.add(reader)
    this.#readers.set(sessionId, readers)
    this.#onUse?.()
    if (this.#revoked.has(sessionId)) reader.revoke()
    return () => {
      readers.delete(reader)
      if (readers.size === 0 && this.#readers.get(sessionId) === readers) this.#readers.delete(sessionId)
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

  #tokenOf(row: SessionRow): KnownToken & { usedAt: number } {
    const noteAt = row.is_confirmed ? row.used_at + NOTE_INTERVAL : 0
    return { row, noteAt, usedAt: this.#options.clock.monotonic() }
  }

  #counts({ expires_at, revoked_at }: SessionRow): boolean {
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
