import type { AssistantListResponse } from '../../../protocol/responses.ts'
import { describeAssistant } from '../../config/assistant.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'

/** The assistants that a person can talk to, in the language of the caller. */
export function assistantRoutes({ assistants }: Pick<Services, 'assistants'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/assistants',
      access: 'anybody',
      handle({ locale }) {
        const body: AssistantListResponse = {
          assistants: assistants.map(assistant => describeAssistant(assistant, locale)),
        }
        return json(body)
      },
    }),
  ]
}
