import { useLayoutEffect, useState, useSyncExternalStore } from 'react'
import { createBrowser } from '../browser/createBrowser.ts'
import { leaderLink } from '../browser/leaderLink.ts'
import { openWorkerLink } from '../browser/workerLink.ts'
import { type ChatClient, createChatClient } from '../client/chat/chatClient.ts'
import type { ChatState } from '../client/chat/chatState.ts'
import { createPageState } from '../client/chat/runs/liveReply.ts'

/** The chat of this page: one client for as long as the component lives, and its state, which words alone do not change. */
export function useChat(): { client: ChatClient; state: ChatState } {
  const [client] = useState(createClient)
  const [getState] = useState(() => createPageState(client.getState))
  const state = useSyncExternalStore(client.subscribe, getState, getState)
  // Within the commit that brings a drawn page to life: what is typed right after it finds the conversation.
  useLayoutEffect(() => client.start(), [client])
  return { client, state }
}

/** A leader that does not answer is replaced, before each tab goes on for itself. */
function createClient(): ChatClient {
  const browser = createBrowser()
  const lead = (steal: boolean) => leaderLink(browser, steal)
  return createChatClient(browser, [openWorkerLink, lead(false), lead(true)])
}
