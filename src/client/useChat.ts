import { useEffect, useState, useSyncExternalStore } from 'react'
import { createBrowser } from './browser.ts'
import { type ChatClient, createChatClient } from './chatClient.ts'
import type { ChatState } from './chatState.ts'

/** The chat of this page: one client for as long as the component lives, and its state. */
export function useChat(): { client: ChatClient; state: ChatState } {
  const [client] = useState(() => createChatClient(createBrowser()))
  const state = useSyncExternalStore(client.subscribe, client.getState, client.getState)
  useEffect(() => client.start(), [client])
  return { client, state }
}
