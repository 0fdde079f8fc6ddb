import type { RunErrorCode } from '../../protocol/errors.ts'
import type { EndStatus, RunStart } from '../../protocol/events.ts'
import type { Attachment, Part } from '../../protocol/parts.ts'
import type { Diagnosis } from '../../protocol/probe.ts'
import type {
  AssistantResponse,
  Conversation,
  Limit,
  Message,
  SharingMode,
} from '../../protocol/responses.ts'
import type { Failure } from '../api.ts'

/** What a person writes in one message, sent or not. */
export interface Composed {
  content: string
  attachments: readonly Attachment[]
}

/** A message with the id it is sent under. The server stores it once, however often it is sent with that id. */
export interface NamedMessage extends Composed {
  clientMessageId: string
}

/** A message that a person is changing in its place: a stored one, or one of the queue. */
export interface Editing extends Composed {
  /** The id of a stored message, or the `clientMessageId` of one in the queue. */
  messageId: string
  /** Set if the changed message was sent once and could not be delivered. */
  returned: NamedMessage | null
}

/** A user message the server has not confirmed yet. */
export interface OutgoingMessage extends NamedMessage {
  /** The message it answers; `null` for none. Absent: the last one of the branch, as the server knows it. */
  parentId?: string | null
  /** The message that it replaces on a branch of its own. */
  editOf: string | null
  wasQueued: boolean
  createdAt: number
  /** The server could not be reached, and the client tries again later. */
  waiting: boolean
  stopRequested: boolean
}

/** The reply being written. `start` is `null` until the `run-start` event brings its ids. */
export interface LiveRun {
  userMessageId: string
  start: RunStart | null
  /** Stale in the state that `createPageState` gives: a component reads a growing reply through `liveReplyOf`. */
  parts: Part[]
  /** The provider failed before its first byte. The server asks it again at `at` (milliseconds since 1970). */
  retry: { at: number } | null
  /** Set while no text comes, with the reason. */
  wait: RunErrorCode | null
  /** `false` while the connection is lost. The run itself goes on. */
  connected: boolean
  stopRequested: boolean
}

/**
 * A file on its way to the server. Once the server has it and can read it, it is an attachment of the draft, and no upload
 * any more.
 */
export interface Upload {
  id: string
  /** The open conversation whose draft it is for. */
  key: string
  /** The id of that conversation when it was last on the screen. */
  conversationId: string | null
  name: string
  /** In bytes. */
  size: number
  /** What the browser takes it for. */
  mediaType: string
  /** How many bytes the server keeps. */
  sent: number
  /**
   * `waiting`: the server cannot be reached, and the client tries again by itself. `reading`: the server has all of it, and
   * looks at what it is. `refused`: it will not be attached, for the reason in `failure`.
   */
  state: 'uploading' | 'waiting' | 'reading' | 'refused'
  failure: Failure | null
}

/** `new`: nothing is stored. `loading`, `not-found` and `failed` are about reading it from the server. */
export type OpenStatus = 'new' | 'loading' | 'ready' | 'not-found' | 'failed'

export interface OpenConversation {
  /** Identifies it in this tab, even before the server gives it an id. */
  key: string
  id: string | null
  status: OpenStatus
  conversation: Conversation | null
  /** Another tab chose another branch. This tab keeps its own, because a person is changing a message on it. */
  isHeadKept: boolean
  messages: readonly Message[]
  outgoing: OutgoingMessage | null
  run: LiveRun | null
  /** How the last run that this tab followed ended. */
  lastEnd: EndStatus | null
  /** Whether a new conversation begins as a temporary one. */
  temporary: boolean
  /** The assistant chosen for a new conversation; `null` stands for the server's first one. */
  assistant: string | null
  draft: string
  /** Attachments of the draft. */
  attachments: readonly Attachment[]
  /** Names of refused files without which the last message went, until something is attached or sent again. */
  leftOut: readonly string[]
  /** Messages that the client sends, in this order, once the reply being written is complete. */
  queue: readonly NamedMessage[]
  /** The client sends nothing from the queue until a person asks for it, because the last message or reply failed. */
  isQueueHeld: boolean
  editing: Editing | null
  /** The message to scroll to, once it is read. */
  jumpTarget: string | null
  /**
   * A message that could not be delivered and is in the draft again. Sent again unchanged it keeps its id, because the
   * server may have stored it all the same.
   */
  returned: NamedMessage | null
}

/** What a person typed in a conversation and has not sent. It survives a reload. */
export type SavedDrafts = Pick<
  OpenConversation,
  'draft' | 'attachments' | 'queue' | 'isQueueHeld' | 'editing'
>

export interface ConversationList {
  /** Whether the list shows the archived conversations, or all others. */
  archived: boolean
  status: 'loading' | 'ready' | 'failed'
  conversations: readonly Conversation[]
  nextCursor: string | null
}

/** A conversation that was just deleted or archived, as long as undoing that is offered. */
export interface RemovedConversation {
  id: string
  title: string
  archived: boolean
  /** It was the one on the screen. */
  wasCurrent: boolean
  draft: string
}

export interface ChatState {
  list: ConversationList
  /** Oldest first. */
  removed: readonly RemovedConversation[]
  assistants: readonly AssistantResponse[] | null
  /** Who may share conversations. `null` until it is read. */
  sharing: SharingMode | null
  /** The conversations, by id, whose replies ended while another one was on the screen. */
  unread: readonly string[]
  /** The reply that ended last, of those that this tab followed. */
  lastReply: { conversationId: string; title: string; took: number } | null
  /** The last fork that was made here, and the conversation it is a copy of. */
  fork: { id: string; from: string } | null
  /** The conversation on the screen, and others in which a reply is being written or asked for. */
  opened: readonly OpenConversation[]
  currentKey: string
  /** Why the last thing that a person asked for did not happen. */
  notice: Failure | null
  /** The cause that holds replies back between browser and server, once a probe found it. */
  buffering: Diagnosis | null
  /** The files on their way to the server, of all conversations. */
  uploads: readonly Upload[]
  /** What the person may still use. `null` until it is read. */
  limits: readonly Limit[] | null
  online: boolean
  /** The browser, or something on the way, keeps no cookies: what is sent could never be read again, so nothing is. */
  areCookiesLost: boolean
}

/** The state before anything is read. The build draws the page with it, and the browser starts with it. */
export function initialState(): ChatState {
  return {
    list: { archived: false, status: 'loading', conversations: [], nextCursor: null },
    removed: [],
    assistants: null,
    sharing: null,
    unread: [],
    lastReply: null,
    fork: null,
    opened: [createOpenConversation({ key: '', id: null, status: 'loading' })],
    currentKey: '',
    notice: null,
    buffering: null,
    uploads: [],
    limits: null,
    online: true,
    areCookiesLost: false,
  }
}

/** A conversation that was just opened. One with an `id` is still to be read; one without is new. */
export function createOpenConversation(
  options: Pick<OpenConversation, 'key' | 'id'> &
    Partial<SavedDrafts> & { status?: OpenStatus; jumpTarget?: string | null },
): OpenConversation {
  return {
    status: options.id === null ? 'new' : 'loading',
    conversation: null,
    isHeadKept: false,
    messages: [],
    outgoing: null,
    run: null,
    lastEnd: null,
    temporary: false,
    assistant: null,
    draft: '',
    attachments: [],
    leftOut: [],
    queue: [],
    isQueueHeld: false,
    editing: null,
    returned: null,
    jumpTarget: null,
    ...options,
  }
}

/** The conversation on the screen. */
export function currentOf(state: ChatState): OpenConversation {
  const current = state.opened.find(open => open.key === state.currentKey)
  if (!current) throw new Error('client-1: no conversation is current')
  return current
}

/** The message in the composer of a conversation. */
export function composedIn({ draft, attachments }: OpenConversation): Composed {
  return { content: draft, attachments }
}

/**
 * Whether a reply is being written or asked for. Until that ends the conversation stays open, even when another one is on the
 * screen.
 */
export function isBusy(open: OpenConversation): boolean {
  return open.run !== null || open.outgoing !== null
}

/** The files on their way to the server for the draft of `open`. */
export function uploadsFor({ uploads, opened }: ChatState, { key, id }: OpenConversation): readonly Upload[] {
  // A conversation that is left and opened again has another key.
  const own = uploads.filter(upload =>
    opened.some(open => open.key === upload.key) ? upload.key === key : upload.conversationId === id,
  )
  // The same array while nothing has changed, because the composer is drawn again when it differs.
  return own.length === uploads.length ? uploads : own
}
