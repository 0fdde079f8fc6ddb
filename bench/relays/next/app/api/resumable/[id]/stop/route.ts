import { chats } from '../../../../../chats'

/** The stop endpoint, as the documentation shows. */
export async function POST(_request: Request, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  chats.get(id)?.stop.abort()
  chats.delete(id)
  return new Response(null, { status: 204 })
}
