import { Chat } from '../react/components/chat/chat.tsx'
import { start } from './start.tsx'

void start(<Chat />)
