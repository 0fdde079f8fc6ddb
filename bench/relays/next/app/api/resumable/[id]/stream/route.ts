import { UI_MESSAGE_STREAM_HEADERS } from 'ai'
import { chats, resumableStreams } from '../../../../../chats'

export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }) {
  const streamId = chats.get((await params).id)?.activeStreamId
  if (!streamId) return new Response(null, { status: 204 })
  const stream = await resumableStreams().resumeExistingStream(streamId)
  return new Response(stream, { headers: UI_MESSAGE_STREAM_HEADERS })
}
