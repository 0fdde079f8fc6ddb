import { RiachoError } from 'riacho'
import { z } from 'zod'
import { userOf } from '@/server/auth/session'
import { streamAssistantResponse } from '@/server/services/chatService'

export const runtime = 'nodejs'

const body = z.object({
  conversationId: z.uuid('Conversa inválida.').optional(),
  clientMessageId: z.uuid('Mensagem inválida.').optional(),
  content: z.string('Escreva uma mensagem.').trim().min(1, 'Escreva uma mensagem.'),
})

export async function POST(request: Request): Promise<Response> {
  const user = userOf(request)
  if (!user) return refuse('Entre para conversar.', 401)
  const parsed = body.safeParse(await request.json().catch(() => null))
  if (!parsed.success) return refuse(parsed.error.issues[0]?.message ?? 'Pedido inválido.', 400)
  try {
    return await streamAssistantResponse({ user, ...parsed.data })
  } catch (error) {
    if (!(error instanceof RiachoError)) throw error
    const sentence = SENTENCES[error.code] ?? 'Não foi possível enviar. Tente de novo.'
    return refuse(sentence, STATUSES[error.code] ?? 409)
  }
}

const STATUSES: Record<string, number> = { NOT_FOUND: 404, RATE_LIMITED: 429, STORAGE_UNAVAILABLE: 503, SHUTTING_DOWN: 503 }

const SENTENCES: Record<string, string> = {
  NOT_FOUND: 'Essa conversa não existe mais.',
  RUN_ACTIVE: 'A resposta anterior ainda está sendo escrita.',
  RATE_LIMITED: 'Muitas mensagens. Espere um pouco e tente de novo.',
}

function refuse(error: string, status: number): Response {
  return Response.json({ error }, { status })
}
