import type { Attachment } from '../../protocol/parts.ts'
import { PATHS } from '../../protocol/paths.ts'
import type { DecisionsRequest } from '../../protocol/requests.ts'
import type { AssistantMessage, Conversation, Feedback } from '../../protocol/responses.ts'
import { type ApiCall, type ApiResult, callApi, type Failure, request, requestInit } from '../api.ts'
import type { Browser } from '../browser.ts'
import type { OpenHubLink } from '../streams/hubProtocol.ts'
import { createSharedStreams, type SharedStreams } from '../streams/sharedStreams.ts'
import { forkConversation } from './branches/forkConversation.ts'
import { forgetJumpTarget } from './branches/jumpToMessage.ts'
import { chooseSibling } from './branches/siblings.ts'
import { type ChatContext, cancelRead, closeStream, setComposed, updateState } from './chatContext.ts'
import { type ChatState, type Composed, initialState } from './chatState.ts'
import { chooseTemporary } from './composing/chooseTemporary.ts'
import { restoreClosedTabs } from './composing/closedTabs.ts'
import { editMessage, setEdited } from './composing/editMessage.ts'
import { removeQueued } from './composing/queue.ts'
import { forgetAllDrafts } from './composing/savedDrafts.ts'
import { cancelEdit, saveEdit, sendDraft, sendQueued, setAttachments } from './composing/sendMessage.ts'
import type { UploadSource } from './composing/uploadJob.ts'
import { cancelUpload, cancelUploads, retryUpload, upload } from './composing/uploads.ts'
import { changeConversation } from './conversations/changeConversation.ts'
import { dismissReadNotice } from './conversations/dismissReadNotice.ts'
import { eraseEverything } from './conversations/eraseEverything.ts'
import {
  loadAssistants,
  loadMore,
  readAssistants,
  refreshList,
  showArchived,
} from './conversations/listing.ts'
import { chooseAssistant, openConversation, showAddress } from './conversations/openConversation.ts'
import { rateReply } from './conversations/rateReply.ts'
import { forgetRemoved, removeConversation, restoreConversation } from './conversations/removeConversation.ts'
import { rereadChanged } from './conversations/rereadChanged.ts'
import { resumeUnsent } from './conversations/resumeUnsent.ts'
import { createSearch, type Search } from './conversations/search.ts'
import { forgetGoneTemporaries } from './conversations/temporaryMarks.ts'
import { watchCookies } from './cookieCheck.ts'
import { createLatestWrites } from './latestWrites.ts'
import { createBufferingCheck } from './runs/bufferingCheck.ts'
import { readLimits } from './runs/readLimits.ts'
import { decideCalls, retryReply } from './runs/retryReply.ts'
import { runDone } from './runs/runDone.ts'
import { stopReply } from './runs/stopReply.ts'
import { createStore } from './store.ts'
import { refresh, tabHidden, tabReturned } from './tabReturned.ts'

/*
 * The chat without a screen: its state, and what it says to the server.
 *
 * One conversation is on the screen. It is
 *   new        nothing is sent yet
 *   loading    it is being read
 *   ready
 *   not-found
 *   failed     the server cannot be reached; the client reads it again by itself
 *
 * A conversation that is `new` or `ready` can also have an outgoing message or a run:
 *
 *   idle ──send──▶ outgoing ──run-start──▶ run ──run-end──▶ idle
 *     │                │ refused, given up   ▲
 *     │                ▼                     │
 *     │          idle, the message           │
 *     │          is back in the draft        │
 *     └──retry, or a read that shows a run under way
 *
 * A message that is sent while a reply is being written waits in the `queue`, and goes out when that reply is complete. A
 * message is `editing` while a person changes it in its place; it goes out on a branch of its own.
 *
 * The client posts the outgoing message until the server answers, always with the same `clientMessageId`, so the server
 * stores it once. When a person goes to another conversation, this one stays open until `run-start` says that its message
 * is stored. A reload loses no outgoing message either, because it is saved in the tab's storage.
 *
 * `sharedStreams.ts` follows a run. It alone decides over which connection, and when to reconnect. When it says `gone`, the
 * conversation is read again: the stored conversation is the truth, and every event, hint or wake only a reason to look.
 */

export interface ChatClient {
  getState(): ChatState
  /** Calls `listener` after changes, at most once a frame while text streams in. Gives the function that stops it. */
  subscribe(listener: () => void): () => void
  /** Begins to read and to listen. The returned function ends both and forgets the state. */
  start(): () => void
  /** Shows a conversation, at one of its messages if given; `null` is a new one. */
  open(conversationId: string | null, place?: { messageId: string }): void
  /** The message that a conversation was opened for is on the screen. */
  forgetJumpTarget(): void
  /** Reads the current conversation, the list and the assistants again. */
  refresh(): void
  loadMore(): void
  /** Shows the archived conversations in the list, or all others. */
  showArchived(archived: boolean): void
  chooseAssistant(assistant: string): void
  /** Chooses whether the conversation on the screen, which is still new, begins as a temporary one. */
  chooseTemporary(isTemporary: boolean): void

  setDraft(draft: string): void
  setAttachments(attachments: readonly Attachment[]): void
  /** Uploads files, and attaches each to the draft of the current conversation once the server can read it. */
  upload(files: readonly UploadSource[]): void
  /** Begins again with an upload that was refused. */
  retryUpload(uploadId: string): void
  /** Gives up an upload. */
  cancelUpload(uploadId: string): void
  /** Sends the draft, or `text` if given; queues it while a reply is being written. */
  send(text?: string): void
  /** Sends the first message of the queue, even after a reply that was stopped or failed. */
  sendQueued(): void
  removeQueued(clientMessageId: string): void
  /** Begins to change a message: a stored one, or one of the queue by its `clientMessageId`. */
  edit(messageId: string): void
  /** Changes the message that is being changed. */
  setEdited(message: Composed): void
  /** Leaves the message that is being changed as it was. */
  cancelEdit(): void
  /** Sends the changed message on a branch of its own, or puts a changed one of the queue back there. */
  saveEdit(): void

  stop(): void
  /** Asks for another reply to a user message. */
  retry(userMessageId: string): void
  /** Asks for a reply that goes on from an incomplete one. */
  continueReply(message: AssistantMessage): void
  /** Decides about the calls that a paused reply waits for, and answers what they ask: all at once. The reply goes on. */
  decide(message: AssistantMessage, decided: Pick<DecisionsRequest, 'decisions' | 'answers'>): void

  /** Shows the newest branch through a sibling of a message. */
  chooseSibling(messageId: string): void
  /** Creates a conversation that begins with the current one down to a message. Gives its id, `null` if refused. */
  fork(messageId: string): Promise<string | null>
  /** Stores the feedback on a reply; `null` takes it back. Gives whether it was stored. */
  rate(messageId: string, feedback: Feedback | null): Promise<boolean>

  rename(conversationId: string, title: string): Promise<boolean>
  setStatus(conversationId: string, status: 'OPEN' | 'CLOSED'): Promise<boolean>
  setPinned(conversationId: string, pinned: boolean): Promise<boolean>
  /** The person has seen that an administrator read the conversation. */
  dismissReadNotice(conversation: Conversation): Promise<void>
  setArchived(conversationId: string, archived: boolean): Promise<boolean>
  remove(conversationId: string): Promise<boolean>
  /** Restores a deleted or archived conversation. */
  restore(conversationId: string): Promise<boolean>
  /** Offers no longer to restore it. */
  forgetRemoved(conversationId: string): void
  /** Erases everything of the owner for good. */
  eraseAll(): Promise<boolean>
  /** Forgets what was typed and not sent, in all tabs. Load the page again after it. */
  forgetDrafts(): void

  /** Reads the assistants again, because the page has another language. */
  readAssistants(): Promise<void>
  /** The bytes of a stored file. Rejects if the server does not give them. */
  readFile(fileId: string): Promise<Blob>
  /** Creates a search with a state of its own. */
  createSearch(): Search
  /** Makes a call that does not change the state. */
  call<Value>(call: ApiCall): Promise<ApiResult<Value>>
  /** Shows why something did not happen. */
  setNotice(notice: Failure): void
  dismissNotice(): void
  /** Dismisses the notice about buffering for good, in this browser. */
  dismissBuffering(): void
}

/** Creates a chat over `real`. It does nothing until `start`. Tabs share live replies over `links`. */
export function createClientOver(real: Browser, links: readonly OpenHubLink[] = []): ChatClient {
  const fetch = watchCookies(real.fetch, {
    onDoubt: () => void refreshList(context),
    onLost: () => updateState(context, { areCookiesLost: true, notice: 'COOKIES_LOST' }),
  })
  const browser = { ...real, fetch }
  const shared = createSharedStreams(browser, links)
  const context: ChatContext = createContext(browser, shared)
  const { store } = context
  return {
    getState: store.get,
    subscribe: store.subscribe,
    start: () => start(context, shared),
    open: (conversationId, place) => openConversation(context, conversationId, place),
    forgetJumpTarget: () => forgetJumpTarget(context, store.get().currentKey),
    refresh: () => refresh(context),
    loadMore: () => loadMore(context),
    showArchived: archived => showArchived(context, archived),
    chooseAssistant: assistant => chooseAssistant(context, assistant),
    chooseTemporary: isTemporary => chooseTemporary(context, isTemporary, store.get().currentKey),
    readAssistants: () => readAssistants(context),
    readFile: fileId => readFile(browser, fileId),
    createSearch: () => createSearch(browser),
    call: call => callApi(browser, call),
    setNotice: notice => updateState(context, { notice }),
    dismissNotice: () => updateState(context, { notice: null }),
    dismissBuffering: () => {
      context.buffering.dismiss()
      updateState(context, { buffering: null })
    },
    ...messageOperations(context),
    ...conversationOperations(context),
  }
}

async function readFile(browser: Browser, fileId: string): Promise<Blob> {
  const init = requestInit({ method: 'GET' })
  const result = await request(browser, PATHS.file(fileId), init, response => response.blob())
  if (!result.ok) throw new Error(`client-10: a file could not be read: ${result.failure}`)
  return result.value
}

function messageOperations(context: ChatContext) {
  return {
    setDraft: content => setComposed(context, context.store.get().currentKey, { content }),
    setAttachments: attachments => setAttachments(context, attachments),
    upload: files => upload(context, files),
    retryUpload: uploadId => retryUpload(context, uploadId),
    cancelUpload: uploadId => cancelUpload(context, uploadId),
    send: text => sendDraft(context, text),
    sendQueued: () => sendQueued(context),
    removeQueued: clientMessageId => removeQueued(context, clientMessageId),
    edit: messageId => editMessage(context, messageId),
    setEdited: message => setEdited(context, message),
    cancelEdit: () => cancelEdit(context),
    saveEdit: () => saveEdit(context),
    stop: () => void stopReply(context),
    retry: userMessageId => retryReply(context, userMessageId),
    continueReply: message => retryReply(context, message.parentId, message),
    decide: (message, decided) => decideCalls(context, message, decided),
    chooseSibling: messageId => void chooseSibling(context, messageId),
    fork: messageId => forkConversation(context, messageId),
    rate: (messageId, feedback) => rateReply(context, messageId, feedback),
  } satisfies Partial<ChatClient>
}

function conversationOperations(context: ChatContext) {
  return {
    rename: (id, title) => changeConversation(context, id, { title }),
    setStatus: (id, status) => changeConversation(context, id, { status }),
    setPinned: (id, pinned) => changeConversation(context, id, { pinned }),
    dismissReadNotice: conversation => dismissReadNotice(context, conversation),
    setArchived: (id, archived) => changeConversation(context, id, { archived }),
    remove: id => removeConversation(context, id),
    restore: id => restoreConversation(context, id),
    forgetRemoved: id => forgetRemoved(context, id),
    eraseAll: () => eraseEverything(context),
    forgetDrafts: () => forgetAllDrafts(context.browser),
  } satisfies Partial<ChatClient>
}

function createContext(browser: Browser, shared: SharedStreams): ChatContext {
  const context: ChatContext = {
    browser,
    follow: shared.follow,
    onRunDone: (key, outcome) => runDone(context, key, outcome),
    store: createStore(initialState(), browser.nextFrame),
    streams: new Map(),
    pacers: new Map(),
    latestWrites: createLatestWrites(),
    buffering: createBufferingCheck({
      browser,
      // Fetched when it is needed, because most pages never run a probe.
      requestProbe: probed =>
        import('./runs/requestProbe.ts').then(({ requestProbe }) => requestProbe(probed)),
      onBuffered: buffering => updateState(context, { buffering }),
    }),
    reads: new Map(),
    changedMeanwhile: new Set(),
    listRefresh: { reading: null, again: false },
    cancelReadAgain: null,
    assistantReads: 0,
    limitReads: 0,
    uploading: new Map(),
    titles: new Map(),
  }
  return context
}

function start(context: ChatContext, shared: SharedStreams): () => void {
  const { address, events } = context.browser
  const stops = [
    shared.start(),
    events.onWake(() => tabReturned(context)),
    events.onHide(() => tabHidden(context)),
    events.onOnlineChange(online => updateState(context, { online })),
    events.onHint(hint => rereadChanged(context, hint)),
    address.onChange(() => showAddress(context, address.read(), address.readMessage())),
  ]
  context.cancelReadAgain = () => {}
  resumeUnsent(context)
  void restoreClosedTabs(context)
  loadAssistants(context)
  refreshList(context)
  void readLimits(context)
  void forgetGoneTemporaries(context)
  return () => {
    for (const stop of stops) stop()
    cancelUploads(context)
    context.cancelReadAgain?.()
    context.cancelReadAgain = null
    for (const { key } of context.store.get().opened) {
      closeStream(context, key)
      cancelRead(context, key)
    }
    context.store.set(initialState())
  }
}
