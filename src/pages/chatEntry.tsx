import { ChatPage } from '../react/components/chat/chatPage.tsx'
import { start } from './start.tsx'

// The document tells, and not the address, because the service worker answers with that of `/` for every conversation.
const isStart = document.getElementById('root')?.dataset['kind'] === 'start'

void start(<ChatPage isStart={isStart} />)
