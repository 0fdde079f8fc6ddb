import { feedbackRequest, idParams } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, keyOf, type Route } from '../defineRoute.ts'
import { feedbackResponse } from '../openapi/responseSchemas.ts'

/** Feedback on one message. */
export function messageRoutes({ feedback }: Pick<Services, 'feedback'>): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: '/api/chat/messages/:id/feedback',
      params: idParams,
      body: feedbackRequest,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'giveFeedback',
        summary: 'Stores what a person thinks of a reply.',
        answers: { 200: feedbackResponse },
      },
      handle: async call => json(await feedback.give(keyOf(call), call.body)),
    }),
  ]
}
