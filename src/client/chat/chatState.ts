import type { RunErrorCode } from '../../protocol/errors.ts'
import type { EndStatus, RunStart } from '../../protocol/events.ts'
import type { Attachment, Part } from '../../protocol/parts.ts'
import type { Diagnosis } from '../../protocol/probe.ts'
import type { AssistantResponse, Conversation, Message } from '../../protocol/responses.ts'
import type { Failure } from './api.ts'

/** What a person writes in one message. */
export interface Composed {
  content: string
  attachments: readonly Attachment[]
}

/** A message with the name under which it is sent: sent again unchanged, it cannot be stored twice. */
export interface NamedMessage extends Composed {
  clientMessageId: string
}

/** A message being changed where it stands: a stored one, or one of the queue. */
export interface Editing extends Composed {
  /** Its id; of one in the queue, its `clientMessageId`. */
  messageId: string
  /** The changed message as it was sent before and came back. */
  returned: NamedMessage | null
}

/** A user message the server has not confirmed yet. */
export interface OutgoingMessage extends NamedMessage {
  /** The message it hangs below, `null` for none; absent: the last one the server knows of. */
  parentId?: string | null
  /** The message it is another version of. */
  editOf: string | null
  wasQueued: boolean
  createdAt: number
  /** The server could not be reached; it will be tried again. */
  waiting: boolean
  stopRequested: boolean
}

/** The reply being written. Its ids are those of `run-start`; a retry waits for that event without them. */
export interface LiveRun {
  userMessageId: string
  start: RunStart | null
  /** In the page's state as old as the last change of anything else; its words are in `words.ts`. */
  parts: Part[]
  /** The provider failed before its first byte and is asked again at `at` (milliseconds since 1970). */
  retry: { at: number } | null
  /** Why nothing comes, while nothing does. */
  wait: RunErrorCode | null
  /** `false` while the connection is lost. The run itself goes on. */
  connected: boolean
  stopRequested: boolean
}

/** `loading`, `not-found` and `failed` speak of reading it from the server; `new` has nothing to read yet. */
export type OpenStatus = 'new' | 'loading' | 'ready' | 'not-found' | 'failed'

export interface OpenConversation {
  /** Names it in this tab, also before the server has given it an id. */
  key: string
  id: string | null
  status: OpenStatus
  conversation: Conversation | null
  /** Its head is where a message is being changed here; the server's is another, where another tab went. */
  isHeadKept: boolean
  messages: readonly Message[]
  outgoing: OutgoingMessage | null
  run: LiveRun | null
  /** How the last run that was followed here ended. */
  lastEnd: EndStatus | null
  /** The assistant chosen for a new conversation; `null` is the server's first one. */
  assistant: string | null
  draft: string
  /** What goes with the draft. */
  attachments: readonly Attachment[]
  /** What is sent, in this order, when the reply being written is complete. */
  queue: readonly NamedMessage[]
  /** The queue waits for a person, because what was sent from it was refused. */
  isQueueHeld: boolean
  editing: Editing | null
  /** A message to bring into view, once it has been read. */
  target: string | null
  /** A message that came back to the draft. Sent again unchanged it keeps its id, in case it was stored after all. */
  returned: NamedMessage | null
}

/** What is kept of a conversation over a reload besides its messages. */
export type KeptTexts = Pick<OpenConversation, 'draft' | 'attachments' | 'queue' | 'isQueueHeld' | 'editing'>

export interface ConversationList {
  /** Whether it shows the archived ones, or all others. */
  archived: boolean
  status: 'loading' | 'ready' | 'failed'
  conversations: readonly Conversation[]
  nextCursor: string | null
}

/** A conversation that was just deleted or archived, while that can be undone. */
export interface RemovedConversation {
  id: string
  title: string
  archived: boolean
  /** It was on the screen, and is not any more. */
  wasCurrent: boolean
  draft: string
}

export interface ChatState {
  list: ConversationList
  /** Oldest first. */
  removed: readonly RemovedConversation[]
  assistants: readonly AssistantResponse[] | null
  /** The one on the screen, and those left behind with messages that are still to be delivered. */
  opened: readonly OpenConversation[]
  currentKey: string
  /** Why the last thing asked for did not happen. */
  notice: Failure | null
  /** What on the way to the server holds replies back, once that was found out. */
  buffering: Diagnosis | null
  online: boolean
}

/** What a page shows before anything is known, on the server and in the browser alike. */
export function initialState(): ChatState {
  return {
    list: { archived: false, status: 'loading', conversations: [], nextCursor: null },
    removed: [],
    assistants: null,
    opened: [openConversation({ key: '', id: null, status: 'loading' })],
    currentKey: '',
    notice: null,
    buffering: null,
    online: true,
  }
}

/** A conversation as it is opened: to be read when it has an `id`, else a new one. */
export function openConversation(
  options: Pick<OpenConversation, 'key' | 'id'> &
    Partial<KeptTexts> & { status?: OpenStatus; target?: string | null },
): OpenConversation {
  return {
    status: options.id === null ? 'new' : 'loading',
    conversation: null,
    isHeadKept: false,
    messages: [],
    outgoing: null,
    run: null,
    lastEnd: null,
    assistant: null,
    draft: '',
    attachments: [],
    queue: [],
    isQueueHeld: false,
    editing: null,
    returned: null,
    target: null,
    ...options,
  }
}

/** The conversation on the screen. */
export function currentOf(state: ChatState): OpenConversation {
  const current = state.opened.find(open => open.key === state.currentKey)
  if (!current) throw new Error('client-1: no conversation is current')
  return current
}

/** What is in the composer. */
export function composedIn({ draft, attachments }: OpenConversation): Composed {
  return { content: draft, attachments }
}

/** A reply is being written, or asked for. */
export function isBusy(open: OpenConversation): boolean {
  return open.run !== null || open.outgoing !== null
}

/** It still has something to deliver, and stays open behind the screen until it has. */
export function isDelivering(open: OpenConversation): boolean {
  return open.outgoing !== null || (open.queue.length > 0 && open.run !== null)
}
