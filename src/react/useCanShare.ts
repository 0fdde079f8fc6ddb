import { useSyncExternalStore } from 'react'
import type { ChatClient } from '../client/chat/chatClient.ts'

/** Whether the page offers to share. Until it is known it does, because nearly every server lets somebody share. */
export function useCanShare({ getState, subscribe }: ChatClient): boolean {
  const read = () => getState().sharing !== 'off'
  return useSyncExternalStore(subscribe, read, read)
}
