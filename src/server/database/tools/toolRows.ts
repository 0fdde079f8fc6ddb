/** What lets an owner use a server of tools. */
export interface ToolTokensRow {
  owner_id: string
  /** The name that the operator gave the server. */
  server: string
  /** Sealed JSON. */
  sealed: string
  created_at: number
  /** By the steady time. Until then a node renews them. `null`: none does. */
  renewing_until: number | null
}

/** A sign-in that was begun. */
export interface ToolSignInRow {
  /** SHA-256 of the `state` with which the person comes back. */
  key: string
  owner_id: string
  /** The session that began it. `null` for a person of a host. */
  session_id: string | null
  server: string
  /** Sealed JSON. */
  sealed: string
  /** By the steady time. */
  expires_at: number
}

/** How an issuer knows this installation. It belongs to no owner. */
export interface ToolClientRow {
  server: string
  issuer: string
  redirect_uri: string
  /** Sealed JSON. */
  sealed: string
}

/** What a running call asks a person. */
export interface LiveQuestionRow {
  id: string
  run_id: string
  conversation_id: string
  /** JSON of the question. */
  question: string
  /** JSON of the answer. `null`: nobody has answered. */
  answer: string | null
}
