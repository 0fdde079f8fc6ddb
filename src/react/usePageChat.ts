import { useLayoutEffect, useState, useSyncExternalStore } from 'react'
import { createBrowser } from '../browser/createBrowser.ts'
import { leaderLink } from '../browser/leaderLink.ts'
import { openWorkerLink } from '../browser/workerLink.ts'
import { type ChatClient, createClientOver } from '../client/chat/chatClient.ts'
import type { ChatState } from '../client/chat/chatState.ts'
import { createPageState } from '../client/chat/runs/liveReply.ts'

/**
 * The client of this page, which lives as long as the component, and its state. New text of a growing reply alone does not
 * change the state (`liveReply.ts`).
 */
export function usePageChat(): { client: ChatClient; state: ChatState } {
  const [client] = useState(createClient)
  const [getState] = useState(() => createPageState(client.getState))
  const state = useSyncExternalStore(client.subscribe, getState, getState)
  // In the commit that hydrates the page, so that a key pressed right after it reaches the conversation.
  useLayoutEffect(() => client.start(), [client])
  return { client, state }
}

/** Shares streams over a worker, else over a leader. The last link replaces a leader that does not answer. */
function createClient(): ChatClient {
  const browser = createBrowser()
  const lead = (steal: boolean) => leaderLink(browser, steal)
  return createClientOver(browser, [openWorkerLink, lead(false), lead(true)])
}
