import { type ChatState, currentOf, type Upload, uploadsFor } from '../../../client/chat/chatState.ts'
import { isBlank } from '../../../client/chat/composing/composed.ts'
import { isUploading } from '../../../client/chat/composing/uploads.ts'
import type { Attachment } from '../../../protocol/parts.ts'

/** The state of a conversation that the composer shows. None of it changes with each token of a reply. */
export interface ComposerState {
  openKey: string
  draft: string
  attachments: readonly Attachment[]
  /** Files on their way to the server, and those that were refused. */
  uploads: readonly Upload[]
  /** Names of refused files without which the last message went. */
  leftOut: readonly string[]
  canSend: boolean
  /** `waiting`: the outgoing message could not be sent yet. */
  activity: 'idle' | 'waiting' | 'active' | 'stopping'
  /** The number of messages in the queue. */
  queued: number
  /** Set if nothing can be written: the conversation is closed, or not found. */
  closed: { conversationId: string } | 'not-found' | null
}

/** The state of the composer of the conversation on the screen. */
export function composerStateOf(state: ChatState): ComposerState {
  const open = currentOf(state)
  const uploads = uploadsFor(state, open)
  const { key, conversation, draft, attachments, leftOut, outgoing, run, status } = open
  const isStopping = (outgoing ?? run)?.stopRequested === true
  const isClosed = conversation?.status === 'CLOSED'
  return {
    openKey: key,
    draft,
    attachments,
    uploads,
    leftOut,
    canSend:
      !isBlank({ content: draft, attachments }) &&
      (status === 'new' || status === 'ready') &&
      !isUploading(uploads),
    activity: outgoing?.waiting ? 'waiting' : isStopping ? 'stopping' : outgoing || run ? 'active' : 'idle',
    queued: open.queue.length,
    closed: status === 'not-found' ? status : isClosed ? { conversationId: conversation.id } : null,
  }
}
