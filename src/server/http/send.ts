import { createRunRequest, sendRequest } from '../../protocol/requests.ts'
import type { Caller } from '../access/caller.ts'
import type { Services } from '../services.ts'
import type { StreamAnswer } from './answer.ts'
import { defineRoute, type Route } from './defineRoute.ts'
import { runEvents } from './runs.ts'

/** What starts a run and answers with its stream. */
export function sendRoutes({ chat, readiness }: Pick<Services, 'chat' | 'readiness'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/send',
      body: sendRequest,
      limit: 'send',
      access: 'owner',
      async handle({ caller, body }) {
        readiness.requireRunning()
        return started(caller, await chat.send(caller, body))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/runs',
      body: createRunRequest,
      limit: 'send',
      access: 'owner',
      async handle({ caller, body }) {
        readiness.requireRunning()
        return started(caller, await chat.createRun(caller, body))
      },
    }),
  ]

  function started(caller: Caller, { runId }: { runId: string }): StreamAnswer {
    const headers = { location: `/api/chat/runs/${runId}/events` }
    return { ...runEvents(chat, caller, { runId, after: 0 }), headers }
  }
}
