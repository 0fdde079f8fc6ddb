import type { FastifyInstance } from 'fastify'
import { idParams } from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { EventStream } from './eventStream.ts'
import { validate } from './validate.ts'

/** `POST /api/chat/conversations/:id/title`: the title as it is written, over a stream of its own. */
export function titleRoutes(server: FastifyInstance, context: Context): void {
  const { titles, caller, clock, heartbeats, requireRunning, limits } = context

  server.post('/api/chat/conversations/:id/title', limits.title, async (request, reply) => {
    requireRunning()
    const { id } = validate(idParams, request.params)
    const asking = caller(request, reply)
    const events = new EventStream({ reply, locale: asking.locale, clock, heartbeats })
    const reader = {
      content: (content: string) => events.write(`data: ${JSON.stringify({ content })}\n\n`),
      end(title: string) {
        events.write(`event: title-end\ndata: ${JSON.stringify({ title })}\n\n`)
        events.finish()
      },
    }
    events.hold(await titles.subscribe(asking, id, reader))
  })
}
