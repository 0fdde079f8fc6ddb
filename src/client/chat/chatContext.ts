import type { Browser } from '../browser.ts'
import type { RunStream } from '../streams/runStream.ts'
import type { RunOutcome, SharedStreams } from '../streams/sharedStreams.ts'
import { type ChatState, type Composed, composedIn, isBusy, type OpenConversation } from './chatState.ts'
import { saveDraft } from './composing/savedDrafts.ts'
import type { UploadWork } from './composing/uploadJob.ts'
import type { LatestWrites } from './latestWrites.ts'
import type { BufferingCheck } from './runs/bufferingCheck.ts'
import type { Pacer } from './runs/pace.ts'
import type { Store, When } from './store.ts'

/** The state that the operations of one chat share. The maps have the work under way in open conversations, by their keys. */
export interface ChatContext {
  browser: Browser
  store: Store<ChatState>
  follow: SharedStreams['follow']
  /** Called when an open conversation follows its run no longer. A function here, because it may start the next run. */
  onRunDone(key: string, outcome: RunOutcome): void
  streams: Map<string, RunStream>
  /** Stand between the stream of an open conversation and its state. */
  pacers: Map<string, Pacer>
  latestWrites: LatestWrites
  buffering: BufferingCheck
  /** Each cancels a read that is under way, or that waits for its next try. */
  reads: Map<string, () => void>
  /** Conversations that another tab changed while this one follows a run of theirs. They are read when that ends. */
  changedMeanwhile: Set<string>
  /** The refresh of the list that is under way, and whether another one was asked for since it began. */
  listRefresh: { reading: Promise<void> | null; again: boolean }
  /** Cancels the next try to read the list and the assistants. `null` while the client is not started. */
  cancelReadAgain: (() => void) | null
  /** Counts the reads of the assistants, because only the answer to the last one counts. */
  assistantReads: number
  /** Counts the reads of the limits, because only the answer to the last one counts. */
  limitReads: number
  /** The work of the uploads in the state, by their ids. */
  uploading: Map<string, UploadWork>
  /** Titles that the provider is writing, as far as they have come, by conversation. */
  titles: Map<string, string>
}

/** The open conversation with that `key`, unless it was left. */
export function findOpen(context: ChatContext, key: string): OpenConversation | undefined {
  return context.store.get().opened.find(open => open.key === key)
}

/** Changes one open conversation; does nothing if it was left. */
export function updateOpen(
  context: ChatContext,
  key: string,
  change: (open: OpenConversation) => OpenConversation,
  when?: When,
): void {
  const state = context.store.get()
  const opened = state.opened.map(open => (open.key === key ? change(open) : open))
  context.store.set({ ...state, opened }, when)
}

export function updateState(context: ChatContext, change: Partial<ChatState>): void {
  context.store.set({ ...context.store.get(), ...change })
}

/** Changes what is in the composer of an open conversation, and saves it. */
export function setComposed(context: ChatContext, key: string, change: Partial<Composed>): void {
  const open = findOpen(context, key)
  if (!open) return
  const before = composedIn(open)
  const after = { ...before, ...change }
  updateOpen(context, key, current => ({
    ...current,
    draft: after.content,
    attachments: after.attachments,
  }))
  saveDraft(context.browser, open.id, { before, after })
}

export function cancelRead(context: ChatContext, key: string): void {
  context.reads.get(key)?.()
  context.reads.delete(key)
}

export function closeStream(context: ChatContext, key: string): void {
  context.streams.get(key)?.close()
  context.streams.delete(key)
  context.pacers.get(key)?.close()
  context.pacers.delete(key)
}

/** Stops following a conversation and forgets it. Its run goes on. */
export function forgetOpen(context: ChatContext, key: string): void {
  cancelRead(context, key)
  closeStream(context, key)
  context.changedMeanwhile.delete(key)
  const { opened, uploads } = context.store.get()
  const left = opened.find(open => open.key === key)
  updateState(context, {
    opened: opened.filter(open => open.key !== key),
    uploads: uploads.map(upload =>
      left && upload.key === key ? { ...upload, conversationId: left.id } : upload,
    ),
  })
}

/** Forgets a conversation that is not on the screen, once no reply is being written in it. */
export function leaveDelivered(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (open && context.store.get().currentKey !== key && !isBusy(open)) forgetOpen(context, key)
}
