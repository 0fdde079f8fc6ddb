import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from 'ai'
import { model } from '../../../model'

/** The AI SDK, used as its documentation shows. */
export async function POST(request: Request) {
  const { messages } = (await request.json()) as { messages: UIMessage[] }
  const result = streamText({
    model,
    messages: await convertToModelMessages(messages),
    abortSignal: request.signal,
  })
  return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream: result.stream }) })
}
