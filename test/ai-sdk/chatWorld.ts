import { Chat } from '@ai-sdk/react'
import { Agent, fetch as undiciFetch } from 'undici'
import { expect } from 'vitest'
import {
  createRiachoTransport,
  type RiachoTransport,
  type RiachoTransportOptions,
  type RiachoUIMessage,
} from '../../src/ai-sdk/riachoTransport.ts'
import type { AnswerBody } from '../harness/answer.ts'
import type { TestClient } from '../harness/client.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

interface ChatOptions extends RiachoTransportOptions {
  id?: string
  messages?: RiachoUIMessage[]
  /** Many chats can share one. */
  transport?: RiachoTransport
}

/** One visitor, and the stock chats of the AI SDK that an app gives the visitor. */
export interface ChatWorld extends AsyncDisposable {
  upstream: Upstream
  server: TestServer
  visitor: TestClient
  /** Closes each connection after its answer, so that a test leaves none open. */
  fetch(url: string, init: RequestInit): Promise<Response>
  transport(options?: RiachoTransportOptions): RiachoTransport
  open(options?: ChatOptions): OpenedChat
  stored(conversationId: string): Promise<AnswerBody>
}

export interface OpenedChat {
  chat: Chat<RiachoUIMessage>
  transport: RiachoTransport
  finishes: { isAbort: boolean; isError: boolean; finishReason?: string | undefined }[]
  conversationId(): string
  lastText(): string
  stored(): Promise<AnswerBody>
}

export async function startChatWorld(): Promise<ChatWorld> {
  const agent = new Agent({ pipelining: 0 })
  const fetch = (url: string, init: RequestInit) =>
    undiciFetch(url, { ...init, dispatcher: agent } as never) as unknown as Promise<Response>
  const upstream = await createUpstream()
  const server = await startServer({ upstream, settings: { TITLES: 'words' } })
  const visitor = server.client()
  await visitor.get('/api/chat/conversations')
  const transport = (options: RiachoTransportOptions = {}) =>
    createRiachoTransport({
      baseUrl: server.url,
      headers: { cookie: visitor.cookie ?? '' },
      fetch,
      ...options,
    })
  const stored = async (id: string) => (await visitor.get(`/api/chat/conversations/${id}`)).body
  return {
    upstream,
    server,
    visitor,
    fetch,
    transport,
    open: ({ transport: shared, ...options } = {}) => openChat(shared ?? transport(options), options, stored),
    stored,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await upstream.close()
      await agent.close()
    },
  }
}

/** The stock chat of the AI SDK, as `useChat` holds it. */
export function openChat(
  transport: RiachoTransport,
  { id, messages }: ChatOptions,
  stored: ChatWorld['stored'],
): OpenedChat {
  const finishes: OpenedChat['finishes'] = []
  let conversationId: string | undefined
  const chat = new Chat<RiachoUIMessage>({
    transport,
    generateId: () => crypto.randomUUID(),
    ...(id !== undefined && { id }),
    ...(messages && { messages }),
    onData: part => {
      if (part.type === 'data-riacho-conversation') conversationId = part.data.conversationId
    },
    onFinish: ({ isAbort, isError, finishReason }) => finishes.push({ isAbort, isError, finishReason }),
  })
  const known = () => conversationId ?? expect.fail('no conversation')
  return {
    chat,
    transport,
    finishes,
    conversationId: known,
    lastText: () => textIn(chat.messages.at(-1)),
    stored: () => stored(known()),
  }
}

function textIn(message: RiachoUIMessage | undefined): string {
  return (message?.parts ?? []).map(part => (part.type === 'text' ? part.text : '')).join('')
}
