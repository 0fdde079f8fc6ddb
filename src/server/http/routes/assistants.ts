import type { AssistantListResponse } from '../../../protocol/responses.ts'
import { describeAssistant } from '../../config/assistant.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { assistantListResponse } from '../openapi/responseSchemas.ts'

/** The assistants that a person can talk to, in the language of the caller, and what a page has to know before it offers anything. */
export function assistantRoutes({ assistants, shares }: Pick<Services, 'assistants' | 'shares'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/assistants',
      access: 'anybody',
      docs: {
        operation: 'listAssistants',
        summary:
          'Lists the assistants that a person can talk to, and says who may share. The first one is the default.',
        answers: { 200: assistantListResponse },
      },
      handle({ locale }) {
        const body: AssistantListResponse = {
          assistants: assistants.map(assistant => describeAssistant(assistant, locale)),
          sharing: shares.sharing,
        }
        return json(body)
      },
    }),
  ]
}
