export type AccountRole = 'admin' | 'member'

/** A way for a person to get a session of an owner. */
export interface AccountRow {
  id: string
  /** Whose sessions the account gives. */
  owner_id: string
  /** As `accountRequests.ts` makes it: in lower case, without blanks around it. */
  email: string
  /** As `passwords.ts` makes it. `null`: the account has no password. */
  password_hash: string | null
  name: string
  role: AccountRole
  created_at: number
  /** When the person has shown that the address is theirs. */
  confirmed_at: number | null
  /** A disabled account gives no session. */
  disabled_at: number | null
  signed_in_at: number | null
}

/** What the link with a token does. */
export type TokenPurpose = 'confirm' | 'reset' | 'invite' | 'first-admin' | 'change-email'

/** A token that does one thing once. */
export interface AccountTokenRow {
  /** SHA-256 of the token, as base64url. */
  token_hash: string
  purpose: TokenPurpose
  /** `null`: the token makes an account. */
  account_id: string | null
  /** Where it was sent. `null`: whoever has the token says which address the account has. */
  email: string | null
  created_at: number
  expires_at: number
  used_at: number | null
}

/** How often somebody tries to sign in, by a hash of who or what. */
export interface AttemptRow {
  key: string
  /** When the next try would be free if none were allowed in advance. */
  free_at: number
}

/** What a visitor has goes to the owner of an account, until nothing is left. */
export interface OwnerMoveRow {
  from_owner_id: string
  to_owner_id: string
  begun_at: number
}
