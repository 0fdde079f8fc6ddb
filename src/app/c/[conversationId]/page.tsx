import { Chat } from '../../../client/components/chat/chat.tsx'

/** One conversation; the client reads which from the address, also when it changes without a reload. */
export default function ConversationPage() {
  return <Chat />
}
