/** What other nodes have to know of a token or an API key whose end was brought forward. */
export interface TokenChange {
  tokenHash: string
  /** The id of the session, or of the key. */
  id: string
  expiresAt: number
  changedAt: number | null
  /** `null`: another token took its place. */
  revokedAt: number | null
}
