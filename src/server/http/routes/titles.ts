import { idParams } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import type { TitleReader } from '../../titles/sharedTitle.ts'
import type { ResponseStream } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { TITLE_EVENTS } from '../openapi/eventSchemas.ts'

/** Streams the title of a conversation while it is written. */
export function titleRoutes({ titles, readiness }: Pick<Services, 'titles' | 'readiness'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations/:id/title',
      params: idParams,
      limit: 'title',
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'writeTitle',
        summary: 'Streams the title of a conversation while it is written.',
        answers: { 200: { events: TITLE_EVENTS } },
      },
      handle({ caller, params }) {
        readiness.requireRunning()
        return {
          type: 'stream',
          follow: async stream => stream.hold(await titles.subscribe(caller, params.id, titleReader(stream))),
        }
      },
    }),
  ]
}

function titleReader(stream: ResponseStream): TitleReader {
  return {
    content: content => stream.write(`data: ${JSON.stringify({ content })}\n\n`),
    end(title) {
      stream.write(`event: title-end\ndata: ${JSON.stringify({ title })}\n\n`)
      stream.finish()
    },
  }
}
