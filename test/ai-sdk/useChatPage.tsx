import { useChat } from '@ai-sdk/react'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createRiachoTransport, type RiachoUIMessage } from '../../src/ai-sdk/riachoTransport.ts'

/** The shortest app with `useChat` and Riacho. The address keeps the conversation. */
const transport = createRiachoTransport()
const params = new URLSearchParams(location.search)
const conversationId = params.get('chat')

function Page() {
  const [messages, setMessages] = useState<RiachoUIMessage[] | null>(conversationId ? null : [])
  useEffect(() => {
    if (conversationId) void transport.readMessages(conversationId).then(setMessages)
  }, [])
  return messages && <Talk id={conversationId ?? 'new'} messages={messages} />
}

function Talk({ id, messages: stored }: { id: string; messages: RiachoUIMessage[] }) {
  const { messages, sendMessage, status, stop, error } = useChat<RiachoUIMessage>({
    id,
    messages: stored,
    transport,
    generateId: () => crypto.randomUUID(),
    resume: id !== 'new',
    onData: part => {
      if (part.type === 'data-riacho-conversation')
        history.replaceState(null, '', `?chat=${part.data.conversationId}`)
    },
  })
  return (
    <main>
      <ol>
        {messages.map(message => (
          <li key={message.id}>
            {message.parts.map(part => (part.type === 'text' ? part.text : '')).join('')}
          </li>
        ))}
      </ol>
      <output>{error ? error.message : status}</output>
      <button type="button" onClick={() => void sendMessage({ text: 'Conte' })}>
        Enviar
      </button>
      <button type="button" onClick={() => void stop()}>
        Parar
      </button>
    </main>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  )
