import type { ErrorCode, RunErrorCode, StorageReason } from './errors.ts'
import type { Cost, EndStatus, RunStart, RunStatus, Timing, Usage } from './events.ts'
import type { KeyScope } from './keys.ts'
import type { Part, ToldDocument } from './parts.ts'

export type ConversationStatus = 'OPEN' | 'CLOSED'

/** Times are milliseconds since 1970. */
export interface Conversation {
  id: string
  title: string
  status: ConversationStatus
  archived: boolean
  /** Listed before the others. */
  pinned: boolean
  /** `provisional`: the title is the first words until the provider has been asked for a better one. */
  titleStatus: 'provisional' | 'final'
  assistant: string
  /** The last message of the branch that is open. The next message follows it. */
  headMessageId: string | null
  createdAt: number
  updatedAt: number
  /** Erased for good at `expiresAt`, or when its owner deletes it. In no list and no search. */
  temporary: boolean
  /** When it is deleted by itself, unless somebody touches it before. `null`: it is not. */
  expiresAt: number | null
  /** When an administrator read it last, until its owner has said to have seen that. `null`: nobody did. */
  readByAdminAt: number | null
}

export interface UserMessage {
  id: string
  role: 'USER'
  parentId: string | null
  parts: Part[]
  clientMessageId: string | null
  createdAt: number
}

/** Stored when its run ends. Until then the run is the `activeRun` of the conversation. */
export interface AssistantMessage {
  id: string
  role: 'ASSISTANT'
  parentId: string
  parts: Part[]
  runId: string
  status: EndStatus
  model: string
  code: RunErrorCode | null
  retryable: boolean
  /** Seconds from `createdAt`. */
  retryAfter: number | null
  usage: Usage | null
  timing: Timing | null
  cost: Cost | null
  /** The first message that the model got. `null`: it got the whole branch. */
  historyFrom: string | null
  /** Documents that the model got otherwise than their parts say. `null`: none. */
  documents: readonly ToldDocument[] | null
  feedback: Feedback | null
  createdAt: number
}

/** What a person thinks of a reply. */
export interface Feedback {
  rating: 'up' | 'down'
  comment: string
}

export type Message = UserMessage | AssistantMessage

/** An active run: what its reader would have seen up to `seq`. A client follows it with `after=seq`. */
export interface ActiveRun extends RunStart {
  seq: number
  parts: Part[]
  startedAt: number
}

export interface ConversationResponse {
  conversation: Conversation
  /** Every message of the tree, oldest first. */
  messages: Message[]
  activeRun: ActiveRun | null
}

export interface ConversationListResponse {
  conversations: Conversation[]
  nextCursor: string | null
}

export interface SearchHit {
  conversationId: string
  /** The title of the conversation. */
  title: string
  archived: boolean
  messageId: string
  role: Message['role']
  /** The words around the hit, in order. `isMatch` marks the words that were searched for. */
  excerpt: { text: string; isMatch: boolean }[]
  createdAt: number
}

export interface SearchResponse {
  /** Conversations whose titles match: pinned ones first, then the newest. Only the first page has them. */
  conversations: Conversation[]
  /** Newest first. */
  hits: SearchHit[]
  nextCursor: string | null
}

/** A frozen copy of one branch. Everyone who has its address can read it. */
export interface Share {
  /** Nobody can guess it. Its page is `/s/<id>`. */
  id: string
  conversationId: string
  title: string
  createdAt: number
}

export interface ShareResponse {
  share: Share
}

/** Who may make shares and read them: everybody, whoever is signed in, or nobody. */
export type SharingMode = 'anyone' | 'signed-in' | 'off'

export interface ShareListResponse {
  shares: Share[]
  sharing: SharingMode
  /** Whether the caller may make a share. */
  mayShare: boolean
}

/** What a share shows. It names neither its owner nor the conversation. */
export interface SharedConversation {
  title: string
  assistant: string
  /** As it was when the share was made, in the language of who made it. Absent in old copies, which were made without it. */
  assistantName?: string
  createdAt: number
  messages: SharedMessage[]
}

export interface SharedMessage {
  id: string
  role: Message['role']
  parts: Part[]
  createdAt: number
  /** The timing of a reply. Absent in old copies, which were made without it. */
  timing?: Timing | null
}

/** A conversation with all that belongs to it. */
export interface ConversationExport {
  conversation: Conversation
  /** Every message of the tree, oldest first. */
  messages: Message[]
  /** Newest first. */
  shares: Share[]
}

/** Everything that an owner has. */
export interface OwnerExport {
  exportedAt: number
  conversations: ConversationExport[]
}

/** What one browser has of its owner. */
export interface Session {
  /** It names the session, and proves nothing. */
  id: string
  /** The `User-Agent` of the browser when it got its token. */
  device: string
  createdAt: number
  /** At most about an hour old. */
  usedAt: number
  /** Whether the request came with it. */
  isCurrent: boolean
}

export interface SessionListResponse {
  sessions: Session[]
}

/** A server of tools at which people sign in. */
export interface ToolServerSignIn {
  /** The name that the operator gave it. */
  name: string
  /** When the caller signed in there. `null`: the caller has not. */
  signedInAt: number | null
}

export interface ToolServersResponse {
  servers: ToolServerSignIn[]
}

/** Where the browser of the person has to go. */
export interface ToolSignInResponse {
  url: string
}

/** A secret by which a program acts for an owner, without the secret. */
export interface ApiKey {
  /** It names the key, and proves nothing. */
  id: string
  name: string
  scope: KeyScope
  createdAt: number
  /** At most about an hour old. `null` before the first use. */
  usedAt: number | null
  expiresAt: number
}

export interface ApiKeyListResponse {
  /** Those that have not ended, the newest first. */
  keys: ApiKey[]
  /** How many keys the caller may have. */
  most: number
}

export interface CreatedKeyResponse {
  key: ApiKey
  /** It is told this once. */
  secret: string
}

export interface FeedbackResponse {
  feedback: Feedback | null
}

export interface StopResponse {
  status: RunStatus
  lastSeq: number
}

export interface AssistantResponse {
  id: string
  name: string
  greeting: string | null
  starters: string[]
}

export interface AssistantListResponse {
  /** The first one is the default. */
  assistants: AssistantResponse[]
  /** Who may share conversations here. With `off` a page offers it to nobody. */
  sharing: SharingMode
}

/** A limit of the caller, and what is used of it. */
export interface Limit {
  /**
   * `runs` at once; `messages` and `tokens` in a day; `budget`, in money, and `tokenBudget` in a month; `groupBudget` and
   * `groupTokenBudget` of all people of the group together.
   */
  kind: 'runs' | 'messages' | 'tokens' | 'budget' | 'tokenBudget' | 'groupBudget' | 'groupTokenBudget'
  limit: number
  used: number
  /** When it begins anew. `null`: it does not. */
  resetsAt: number | null
  /** With `budget` and `groupBudget`: the ISO 4217 code of the currency. */
  currency?: string
}

export interface LimitListResponse {
  limits: Limit[]
}

/** After how many days without a touch conversations are deleted. */
export interface Retention {
  /** What the owner chose. `null`: nothing. */
  days: number | null
  /** The rule of the server. `null`: none. */
  maxDays: number | null
  /** How long after their last message temporary conversations are erased, in hours. */
  temporaryHours: number
}

export interface RetentionResponse {
  retention: Retention
}

export interface ErrorResponse {
  success: false
  code: ErrorCode
  message: string
  requestId: string
  runId?: string
  offset?: number
  retryAfter?: number
  issues?: string[]
  reason?: StorageReason
}

/** An account, as its person sees it. */
export interface Account {
  id: string
  email: string
  name: string
  role: 'admin' | 'member'
  /** Whether the person has shown that the address is theirs. */
  isConfirmed: boolean
  hasPassword: boolean
  createdAt: number
}

/** Who may come in: everybody, whoever has an account, whoever was invited, or whom a host vouches for. */
export type AccessMode = 'open' | 'accounts' | 'invite' | 'token'

export interface AccountResponse {
  /** `null`: nobody is signed in. */
  account: Account | null
  access: AccessMode
  /** How somebody without an account gets one: by a link that is mailed, at once, or not without an invitation. */
  signUp: 'mail' | 'direct' | 'closed'
  /** Whether the server sends mail. */
  hasMail: boolean
  /** Whether passkeys can be used at the address of the request. */
  takesPasskeys: boolean
  /** At which one can sign in. `isLinked`: the account that is signed in can. */
  issuers: { name: string; label: string; isLinked: boolean }[]
}

/** What a link is for. */
export interface AccountLinkResponse {
  /** The address of the account. `null`: whoever uses the link says which one. */
  email: string | null
}

/** A passkey, as its person sees it. */
export interface Passkey {
  id: string
  name: string
  createdAt: number
  /** `null`: nobody has signed in with it. */
  usedAt: number | null
}

export interface PasskeyListResponse {
  passkeys: Passkey[]
  /** How many an account may have. */
  most: number
}

export interface PasskeyResponse {
  passkey: Passkey
}

/** What a browser is to be asked, as WebAuthn writes it in JSON. */
export interface PasskeyOptionsResponse {
  options: Record<string, unknown>
}

export interface SignedInResponse {
  account: Account
}

/** Where a person signs in at an issuer. */
export interface IssuerResponse {
  url: string
}

/** `mailed`: a link is under way. `changed`: it is done. */
export interface ChangeEmailResponse {
  status: 'mailed' | 'changed'
}
