import type { RunStart, StreamEvent } from '../../protocol/events.ts'
import type { ConversationResponse } from '../../protocol/responses.ts'
import { branchOf } from '../chat/branches/branch.ts'
import { type ChatClient, createClientOver } from '../chat/chatClient.ts'
import { currentOf, type OpenConversation } from '../chat/chatState.ts'
import type { OpenHubLink } from '../streams/hubProtocol.ts'
import { type Call, type ScriptedServer, startScriptedServer } from './scriptedServer.ts'
import { createTestBrowser, type TestBrowser } from './testBrowser.ts'

/** One run of the conversation `c1`, in three events. */
export const START: RunStart = {
  runId: 'r1',
  conversationId: 'c1',
  userMessageId: 'u1',
  messageId: 'a1',
  model: 'model',
  assistant: 'guide',
}
export const STARTED: StreamEvent = { type: 'run-start', ...START }
export const OLA: StreamEvent = { type: 'text-delta', content: 'Olá' }
export const COMPLETED: StreamEvent = { type: 'run-end', status: 'completed' }

/** A conversation as the server tells it, with no messages. */
export function conversation(
  id: string,
  changes: Partial<ConversationResponse['conversation']> = {},
): ConversationResponse {
  return {
    conversation: {
      id,
      title: `Título ${id}`,
      status: 'OPEN',
      archived: false,
      pinned: false,
      titleStatus: 'final',
      assistant: 'guide',
      headMessageId: null,
      createdAt: 1,
      updatedAt: 1,
      temporary: false,
      expiresAt: null,
      readByAdminAt: null,
      ...changes,
    },
    messages: [],
    activeRun: null,
  }
}

type Routes = Record<string, (call: Call) => void>

/** A server with empty lists and readable conversations, and above them what a test says. */
export function serve(routes: Routes): Promise<ScriptedServer> {
  return startScriptedServer(call => {
    const route = routes[call.name]
    const id = /^GET \/api\/chat\/conversations\/(\w+)$/.exec(call.name)?.[1]
    if (route) route(call)
    else if (id) call.json(200, conversation(id))
    else if (call.name === 'GET /api/chat/assistants') call.json(200, { assistants: [], sharing: 'anyone' })
    else if (call.name.startsWith('GET /api/chat/conversations?'))
      call.json(200, { conversations: [], nextCursor: null })
    else call.refuse(404, 'NOT_FOUND')
  })
}

export interface StartedChat extends Disposable {
  client: ChatClient
  browser: TestBrowser
  current(): OpenConversation
  /** The texts on the screen, oldest first. */
  texts(): string[]
  stop(): void
}

/** A chat in a test browser, stopped when it is disposed of. */
export function startChat(
  server: ScriptedServer,
  {
    links = [],
    ...options
  }: Partial<Parameters<typeof createTestBrowser>[0]> & { links?: OpenHubLink[] } = {},
): StartedChat {
  const browser = createTestBrowser({ fetch: server.fetch, ...options })
  const client = createClientOver(browser, links)
  const stop = client.start()
  const current = () => currentOf(client.getState())
  return {
    client,
    browser,
    current,
    texts: () =>
      branchOf(current()).map(({ parts }) => parts.map(part => ('text' in part ? part.text : '')).join('')),
    stop,
    [Symbol.dispose]: stop,
  }
}

/** Types a message and sends it. */
export function say({ client }: StartedChat, text: string): void {
  client.setDraft(text)
  client.send()
}

/** The bodies of every send, in order. */
export function sends(server: ScriptedServer): unknown[] {
  return server.calls.filter(({ name }) => name === 'POST /api/chat/send').map(({ body }) => body)
}
