import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  generateId,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from 'ai'
import { chats, resumableStreams } from '../../../chats'
import { model } from '../../../model'

/** The AI SDK with streams that can be resumed, as its documentation shows: with `resumable-stream` and Redis. */
export async function POST(request: Request) {
  const { id, message } = (await request.json()) as { id: string; message: UIMessage }
  const stop = new AbortController()
  const chat = { activeStreamId: null as string | null, stop }
  chats.set(id, chat)
  const result = streamText({
    model,
    messages: await convertToModelMessages([message]),
    abortSignal: stop.signal,
  })
  return createUIMessageStreamResponse({
    stream: toUIMessageStream({
      stream: result.stream,
      originalMessages: [message],
      generateMessageId: generateId,
      onEnd: () => void chats.delete(id),
    }),
    async consumeSseStream({ stream }) {
      const streamId = generateId()
      await resumableStreams().createNewResumableStream(streamId, () => stream)
      chat.activeStreamId = streamId
    },
  })
}
