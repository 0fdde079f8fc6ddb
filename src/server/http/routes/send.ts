import { createRunRequest, decisionsRequest, runParams, sendRequest } from '../../../protocol/requests.ts'
import type { Caller } from '../../access/caller.ts'
import type { Services } from '../../services.ts'
import type { StreamAnswer } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { RUN_EVENTS } from '../openapi/eventSchemas.ts'
import { runEvents } from './runs.ts'

const LOCATION = 'The address of the stream, from which it can be resumed.'

/** Routes that start a run and answer with its stream. */
export function sendRoutes({
  messages,
  runs,
  readiness,
}: Pick<Services, 'messages' | 'runs' | 'readiness'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/send',
      body: sendRequest,
      limit: 'send',
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'sendMessage',
        summary: 'Stores a message, starts a run, and streams it from its first event.',
        answers: { 200: { events: RUN_EVENTS } },
        answerHeaders: { Location: LOCATION },
      },
      async handle({ caller, body }) {
        readiness.requireRunning()
        return started(caller, await messages.send(caller, body))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/runs',
      body: createRunRequest,
      limit: 'send',
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'createRun',
        summary: 'Starts another reply to a stored message, and streams it.',
        answers: { 200: { events: RUN_EVENTS } },
        answerHeaders: { Location: LOCATION },
      },
      async handle({ caller, body }) {
        readiness.requireRunning()
        return started(caller, await messages.rerun(caller, body))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/runs/:runId/decisions',
      params: runParams,
      body: decisionsRequest,
      limit: 'send',
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'decide',
        summary:
          'Decides about the calls that a paused run waits for, and streams the run that goes on with its message.',
        answers: { 200: { events: RUN_EVENTS } },
        answerHeaders: { Location: LOCATION },
      },
      async handle({ caller, params, body }) {
        readiness.requireRunning()
        return started(caller, await messages.decide(caller, { ...params, ...body }))
      },
    }),
  ]

  function started(caller: Caller, { runId }: { runId: string }): StreamAnswer {
    const headers = { location: `/api/chat/runs/${runId}/events` }
    return { ...runEvents(runs, caller, { runId, after: 0 }), headers }
  }
}
