import type { AssistantMessage } from '../../protocol/responses.ts'
import type { Browser } from '../browser.ts'
import type { OpenLink } from '../streams/hubProtocol.ts'
import { createSharedStreams, type SharedStreams } from '../streams/sharedStreams.ts'
import { type ApiCall, type ApiResult, callApi, type Failure } from './api.ts'
import { type ChatContext, cancelRead, closeStream, setComposed, updateState } from './chatContext.ts'
import { type ChatState, initialState } from './chatState.ts'
import { bringBack } from './composing/closedTabs.ts'
import { createSending, type Sending } from './composing/sending.ts'
import * as conversations from './conversations/conversations.ts'
import { leaveTarget } from './conversations/jumpToMessage.ts'
import {
  loadAssistants,
  loadMore,
  readAssistants,
  refreshList,
  showArchived,
} from './conversations/listing.ts'
import { createSearch, type Search } from './conversations/search.ts'
import { createVersions, type Versions } from './conversations/siblings.ts'
import { createLatestWrites } from './latestWrites.ts'
import { createBufferingCheck } from './runs/bufferingCheck.ts'
import * as runs from './runs/runs.ts'
import { createStore } from './store.ts'

/*
 * The chat without a screen: its state, and the network.
 *
 * One conversation is on the screen. It is `new` (nothing sent yet), `loading` (being read), `ready`, `not-found`, or
 * `failed` (the server could not be reached; it is read again by itself). On top of `new` and `ready`:
 *
 *   idle ──send──▶ outgoing ──run-start──▶ run ──run-end──▶ idle
 *     │                │ refused, given up   ▲
 *     │                ▼                     │
 *     │          idle, with the text         │
 *     │          back in the draft           │
 *     └──retry, or a read that shows a run under way
 *
 * What is sent while a reply is being written waits in the `queue`, and goes out when that reply is complete. A message is
 * `editing` while it is changed where it stands; it goes out as another version of itself, on a branch of its own.
 *
 * `outgoing` is posted until the server has answered, with one `clientMessageId`, so repeating it is harmless. Leaving
 * the conversation leaves the stream but not an outgoing message: that conversation stays open behind the screen until
 * `run-start` says that the message is stored. A reload does not lose it either; it is kept in the tab's storage.
 *
 * A run is followed through `sharedStreams.ts`: it alone decides over which connection, and when to reconnect. When it
 * says `gone`, the conversation is read again: what is stored is the truth, and every event, hint or wake only a reason
 * to look.
 */

export interface ChatClient extends Sending, Versions {
  getState(): ChatState
  /** Calls `listener` after changes, at most once a frame while text streams in. Gives the way to stop it. */
  subscribe(listener: () => void): () => void
  /** Begins to read and to listen. The returned function ends both and forgets everything. */
  start(): () => void
  /** Shows a conversation, at one of its messages if told; a new one for `null`. */
  open(conversationId: string | null, place?: { messageId: string }): void
  /** The message a conversation was opened for has been shown. */
  leaveTarget(): void
  /** Reads the current conversation, the list and the assistants again. */
  refresh(): void
  loadMore(): void
  /** Shows the archived conversations in the list, or all others. */
  showArchived(archived: boolean): void
  setDraft(draft: string): void
  chooseAssistant(assistant: string): void
  stop(): void
  /** Asks for another reply to a user message. */
  retry(userMessageId: string): void
  /** Asks for a reply that goes on from one that broke off. */
  continueReply(message: AssistantMessage): void
  rename(conversationId: string, title: string): Promise<boolean>
  setStatus(conversationId: string, status: 'OPEN' | 'CLOSED'): Promise<boolean>
  setPinned(conversationId: string, pinned: boolean): Promise<boolean>
  setArchived(conversationId: string, archived: boolean): Promise<boolean>
  remove(conversationId: string): Promise<boolean>
  /** Undoes a deletion, or putting it away. */
  restore(conversationId: string): Promise<boolean>
  /** Offers no more to undo it. */
  forgetRemoved(conversationId: string): void
  /** Erases everything of the owner for good. */
  eraseAll(): Promise<boolean>
  /** Reads the assistants again: the language of the page is another. */
  readAssistants(): Promise<void>
  /** A search of its own. */
  createSearch(): Search
  /** A call that changes nothing of the state. */
  call<Value>(call: ApiCall): Promise<ApiResult<Value>>
  /** Says why something did not happen. */
  setNotice(notice: Failure): void
  dismissNotice(): void
  /** For good, in this browser. */
  dismissBuffering(): void
}

/** Creates a chat over `browser`; it does nothing until `start`. Live replies are shared with other tabs over `links`. */
export function createChatClient(browser: Browser, links: readonly OpenLink[] = []): ChatClient {
  const shared = createSharedStreams(browser, links)
  const context: ChatContext = {
    browser,
    follow: shared.follow,
    store: createStore(initialState(), browser.nextFrame),
    streams: new Map(),
    pacers: new Map(),
    latest: createLatestWrites(),
    buffering: createBufferingCheck({
      browser,
      onBuffered: buffering => updateState(context, { buffering }),
    }),
    reads: new Map(),
    changed: new Set(),
    listRefresh: { reading: null, again: false },
    cancelReadAgain: null,
    assistantReads: 0,
    titles: new Map(),
  }
  return {
    getState: context.store.get,
    subscribe: context.store.subscribe,
    start: () => start(context, shared),
    readAssistants: () => readAssistants(context),
    open: (conversationId, place) => conversations.open(context, conversationId, place),
    leaveTarget: () => leaveTarget(context, context.store.get().currentKey),
    refresh: () => refresh(context),
    loadMore: () => loadMore(context),
    showArchived: archived => showArchived(context, archived),
    setDraft: content => setComposed(context, context.store.get().currentKey, { content }),
    chooseAssistant: assistant => conversations.chooseAssistant(context, assistant),
    ...createSending(context),
    ...createVersions(context),
    stop: () => runs.stop(context),
    retry: userMessageId => runs.retry(context, userMessageId),
    continueReply: message => runs.retry(context, message.parentId, message),
    rename: (conversationId, title) => conversations.update(context, conversationId, { title }),
    setStatus: (conversationId, status) => conversations.update(context, conversationId, { status }),
    setPinned: (conversationId, pinned) => conversations.update(context, conversationId, { pinned }),
    setArchived: (conversationId, archived) => conversations.update(context, conversationId, { archived }),
    remove: conversationId => conversations.remove(context, conversationId),
    restore: conversationId => conversations.restore(context, conversationId),
    forgetRemoved: conversationId => conversations.forgetRemoved(context, conversationId),
    eraseAll: () => conversations.eraseAll(context),
    createSearch: () => createSearch(browser),
    call: call => callApi(browser, call),
    setNotice: notice => updateState(context, { notice }),
    dismissNotice: () => updateState(context, { notice: null }),
    dismissBuffering: () => {
      context.buffering.dismiss()
      updateState(context, { buffering: null })
    },
  }
}

function start(context: ChatContext, shared: SharedStreams): () => void {
  const { address, events } = context.browser
  const stops = [
    shared.start(),
    events.onWake(() => wake(context)),
    events.onHide(() => catchUp(context)),
    events.onOnlineChange(online => updateState(context, { online })),
    events.onHint(conversationId => conversations.noticeChange(context, conversationId)),
    address.onChange(() => conversations.show(context, address.read(), address.readMessage())),
  ]
  context.cancelReadAgain = () => {}
  conversations.resume(context)
  void bringBack(context)
  loadAssistants(context)
  refreshList(context)
  return () => {
    for (const stop of stops) stop()
    context.cancelReadAgain?.()
    context.cancelReadAgain = null
    for (const { key } of context.store.get().opened) {
      closeStream(context, key)
      cancelRead(context, key)
    }
    context.store.set(initialState())
  }
}

/** A page that is not seen has no frames for its text to flow in. */
function catchUp(context: ChatContext): void {
  for (const pacer of [...context.pacers.values()]) pacer.catchUp()
}

function wake(context: ChatContext): void {
  for (const stream of context.streams.values()) stream.wake()
  refresh(context)
}

function refresh(context: ChatContext): void {
  loadAssistants(context)
  conversations.noticeChange(context, null)
}
