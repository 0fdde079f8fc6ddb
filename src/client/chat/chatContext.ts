import type { Browser } from '../browser.ts'
import type { RunStream } from '../streams/runStream.ts'
import type { SharedStreams } from '../streams/sharedStreams.ts'
import { type ChatState, type Composed, composedIn, type OpenConversation } from './chatState.ts'
import { keepComposed } from './composing/savedDrafts.ts'
import type { LatestWrites } from './latestWrites.ts'
import type { BufferingCheck } from './runs/bufferingCheck.ts'
import type { Pacer } from './runs/pace.ts'
import type { Store, When } from './store.ts'

/** What the operations of one chat share. The maps hold what is under way for an open conversation, by its key. */
export interface ChatContext {
  browser: Browser
  store: Store<ChatState>
  follow: SharedStreams['follow']
  streams: Map<string, RunStream>
  /** Between the stream of an open conversation and its state. */
  pacers: Map<string, Pacer>
  latest: LatestWrites
  buffering: BufferingCheck
  /** Cancels a read, in flight or waiting to be tried again. */
  reads: Map<string, () => void>
  /** Conversations of which another tab changed something while they are followed: to be read when that has ended. */
  changed: Set<string>
  /** A refresh of the list under way, and whether another was asked for since it began. */
  listRefresh: { reading: Promise<void> | null; again: boolean }
  /** Cancels what is to be read again because the page lacks it; `null` where nobody looks at the page. */
  cancelReadAgain: (() => void) | null
  /** How often the assistants were read: only the last answer counts. */
  assistantReads: number
  /** Titles that the provider is making, as far as they have come, by conversation. */
  titles: Map<string, string>
}

/** The open conversation named `key`, unless it has been left. */
export function findOpen(context: ChatContext, key: string): OpenConversation | undefined {
  return context.store.get().opened.find(open => open.key === key)
}

/** Changes one open conversation; does nothing when it has been left. */
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

/** Changes what is in the composer of an open conversation, and keeps it. */
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
  keepComposed(context.browser, open.id, { before, after })
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

/** Stops following a conversation and forgets it. Its run, if any, goes on. */
export function forgetOpen(context: ChatContext, key: string): void {
  cancelRead(context, key)
  closeStream(context, key)
  context.changed.delete(key)
  updateState(context, { opened: context.store.get().opened.filter(open => open.key !== key) })
}
