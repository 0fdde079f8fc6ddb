import { Chat } from '../react/components/chat/chat.tsx'
import { start } from './start.tsx'

// A conversation, or a new one: the client reads which from the address, also when it changes without a reload.
void start(<Chat />)
