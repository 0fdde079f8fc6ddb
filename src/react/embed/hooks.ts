import { useSyncExternalStore } from 'react'
import type { ChatSnapshot } from '../../client/chatSnapshot.ts'
import type { RiachoClient } from '../../client/riachoClient.ts'
import type { Conversation } from '../../protocol/responses.ts'
import { useConnection } from './riachoProvider.tsx'

/** The client of the provider. It stays the same object. */
export function useRiacho(): RiachoClient {
  return useConnection().client
}

/** The open conversation and the list. Draws again after each change, up to once a frame while a reply grows. */
export function useChat(): ChatSnapshot {
  const { subscribe, getSnapshot } = useRiacho()
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot)
}

export type Conversations = RiachoClient['conversations'] & {
  conversations: readonly Conversation[]
  hasMore: boolean
}

/** The list of conversations, and what can be done with them. A reply that grows does not draw it again. */
export function useConversations(): Conversations {
  const { subscribe, getSnapshot, conversations: actions } = useRiacho()
  const readList = () => getSnapshot().conversations
  const readMore = () => getSnapshot().hasMoreConversations
  const conversations = useSyncExternalStore(subscribe, readList, readList)
  const hasMore = useSyncExternalStore(subscribe, readMore, readMore)
  return { ...actions, conversations, hasMore }
}
