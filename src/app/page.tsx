import { Chat } from '../client/components/chat/chat.tsx'

/** A new conversation. */
export default function NewConversationPage() {
  return <Chat />
}
