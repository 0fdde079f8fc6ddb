import type { Attachment } from '../protocol/parts.ts'
import type { DecisionsRequest } from '../protocol/requests.ts'
import type { AssistantMessage } from '../protocol/responses.ts'
import type { ChatClient } from './chat/chatClient.ts'
import { currentOf } from './chat/chatState.ts'
import type { UploadSource } from './chat/composing/uploadJob.ts'
import { type ChatSnapshot, createSnapshots } from './chatSnapshot.ts'

/**
 * A chat without a screen: one conversation that is open, and the list of all. Nothing here throws or rejects: what could
 * not be done is in `failure` of the snapshot, and calls that resolve with a boolean resolve with `false`.
 */
export interface RiachoClient {
  /** The present state; the same object until something changes. */
  getSnapshot(): ChatSnapshot
  /** Calls `listener` after changes, at most once a frame while text streams in. Gives the function that stops it. */
  subscribe(listener: () => void): () => void
  /** Begins to read and to listen. The returned function ends both and forgets the state. Replies go on on the server. */
  start(): () => void

  /** Opens a conversation; `null` is a new one. */
  open(conversationId: string | null): void
  /** Reads everything again. Call it after somebody has signed in or out. */
  refresh(): void
  setDraft(draft: string): void
  /** Changes the attachments of the draft. */
  setAttachments(attachments: readonly Attachment[]): void
  /** Uploads files. Each is an attachment of the draft once the server can read it; until then it is in `uploads`. */
  upload(files: readonly UploadSource[]): void
  /** Gives up an upload, or takes away one that was refused. */
  cancelUpload(uploadId: string): void
  /** Sends the draft, or `text` if given; queues it while a reply is being written. */
  send(text?: string): void
  /** Stops the reply that is being written. */
  stop(): void
  /** Asks for another reply to a user message. */
  retry(userMessageId: string): void
  /** Asks for a reply that goes on from an incomplete one. */
  continueReply(messageId: string): void
  /**
   * Decides about the calls that a paused reply waits for, and answers what they ask: one decision or answer for each. The reply
   * goes on.
   */
  decide(
    messageId: string,
    decisions: NonNullable<DecisionsRequest['decisions']>,
    answers?: NonNullable<DecisionsRequest['answers']>,
  ): void
  /** Chooses the assistant of a conversation that is still new. */
  chooseAssistant(assistantId: string): void
  /** Chooses whether a conversation that is still new begins as a temporary one, which is erased soon after its last message. */
  chooseTemporary(isTemporary: boolean): void
  dismissFailure(): void

  /** What is done with the conversations of the list. Each resolves with whether the server took it. */
  readonly conversations: {
    /** Reads the next page of the list. */
    more(): void
    rename(conversationId: string, title: string): Promise<boolean>
    setPinned(conversationId: string, isPinned: boolean): Promise<boolean>
    setArchived(conversationId: string, isArchived: boolean): Promise<boolean>
    /** Deletes it. It can be restored for a while. */
    remove(conversationId: string): Promise<boolean>
    restore(conversationId: string): Promise<boolean>
  }
}

/** The part of a chat client on which apps can rely. */
export function riachoClientOver(chat: ChatClient): RiachoClient {
  return {
    getSnapshot: createSnapshots(chat.getState),
    subscribe: chat.subscribe,
    start: chat.start,
    open: conversationId => chat.open(conversationId),
    refresh: chat.refresh,
    setDraft: chat.setDraft,
    setAttachments: chat.setAttachments,
    upload: chat.upload,
    cancelUpload: chat.cancelUpload,
    send: text => chat.send(text),
    stop: chat.stop,
    retry: chat.retry,
    continueReply: messageId => {
      const message = replyOf(chat, messageId)
      if (message) chat.continueReply(message)
    },
    decide: (messageId, decisions, answers = []) => {
      const message = replyOf(chat, messageId)
      const decided = {
        ...(decisions.length > 0 && { decisions }),
        ...(answers.length > 0 && { answers }),
      }
      if (message) chat.decide(message, decided)
    },
    chooseAssistant: chat.chooseAssistant,
    chooseTemporary: chat.chooseTemporary,
    dismissFailure: chat.dismissNotice,
    conversations: {
      more: chat.loadMore,
      rename: chat.rename,
      setPinned: chat.setPinned,
      setArchived: chat.setArchived,
      remove: chat.remove,
      restore: chat.restore,
    },
  }
}

function replyOf(chat: ChatClient, messageId: string): AssistantMessage | undefined {
  const message = currentOf(chat.getState()).messages.find(({ id }) => id === messageId)
  return message?.role === 'ASSISTANT' ? message : undefined
}
