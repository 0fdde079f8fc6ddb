import { riacho } from './openaiService'

export interface UserMessage {
  user: string
  conversationId?: string | undefined
  /** The browser's id of the message. A repeated request attaches to the same reply. */
  clientMessageId?: string | undefined
  content: string
}

/** Stores the message and gives the reply as server-sent events. The reply goes on if nobody reads them. */
export async function streamAssistantResponse({ user, ...message }: UserMessage): Promise<Response> {
  const { stream, headers } = await riacho.send({ owner: user, ...message })
  return new Response(stream, { headers })
}
