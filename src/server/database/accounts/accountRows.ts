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
  /** The group that it belongs to. */
  group_id: string | null
}

/** Accounts that share a budget, with limits of their own. `null`: the group does not set the limit. */
export interface GroupRow {
  id: string
  name: string
  created_at: number
  /** Of each person. */
  runs_at_once: number | null
  messages_per_day: number | null
  tokens_per_day: number | null
  /** Of each person in a month, in millionths of the currency. */
  person_micros: number | null
  person_tokens: number | null
  /** Of all its people together in a month, in millionths of the currency. */
  micros: number | null
  tokens: number | null
}

/** What a token does that is the challenge of a passkey. */
export type ChallengePurpose = 'add-passkey' | 'use-passkey'

/** What the link with a token does. */
export type LinkPurpose = 'confirm' | 'reset' | 'invite' | 'first-admin' | 'change-email'

export type TokenPurpose = LinkPurpose | ChallengePurpose

/** A token that does one thing once. */
export interface AccountTokenRow {
  /** SHA-256 of the token, as base64url. */
  token_hash: string
  purpose: TokenPurpose
  /** `null`: the token makes an account, or nobody knows yet whose passkey it asks for. */
  account_id: string | null
  /** Where it was sent. `null`: whoever has the token says which address the account has. A challenge has none. */
  email: string | null
  created_at: number
  expires_at: number
  /** When it was used or ended. */
  used_at: number | null
}

/** A link that an administrator or the operator made for somebody. Other tokens have `null` in these columns. */
export interface InvitationRow extends AccountTokenRow {
  email: string
  /** Names it in lists, and proves nothing. */
  id: string
  /** Of the account that it makes. */
  role: AccountRole
  /** The account of who made it. `null`: the operator, by a command. */
  invited_by: string | null
  /** It was not used. */
  revoked_at: number | null
}

/** What `account_tokens` has. */
export type StoredTokenRow = AccountTokenRow & { [Column in InvitationColumn]: InvitationRow[Column] | null }
export type InvitationColumn = Exclude<keyof InvitationRow, keyof AccountTokenRow>

/** Whom an issuer of OpenID Connect vouches for, and the account of that person. */
export interface IdentityRow {
  issuer: string
  /** The issuer's id for the person (`sub`). */
  subject: string
  account_id: string
  created_at: number
}

/** A passkey of an account (WebAuthn). */
export interface PasskeyRow {
  /** Names it in lists, and proves nothing. */
  id: string
  account_id: string
  /** The id that its authenticator gave it, as base64url. */
  credential_id: string
  /** A COSE key, as base64url. */
  public_key: string
  /** The host name that it was made for. */
  rp_id: string
  /** How often it has signed, as its authenticator last said. 0: the authenticator does not count. */
  counter: number
  name: string
  created_at: number
  used_at: number | null
}

/** A login that was begun at an issuer. */
export interface LoginRow {
  /** SHA-256 of the token that binds it to a browser, as base64url. */
  key: string
  issuer: string
  state: string
  nonce: string
  /** The secret of PKCE. */
  verifier: string
  /** Who links the issuer. `null`: somebody signs in. */
  account_id: string | null
  /** The path to which it leads back. */
  next: string
  expires_at: number
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
