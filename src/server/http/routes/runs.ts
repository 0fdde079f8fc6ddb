import { z } from 'zod'
import { MANY_RUNS_PATH } from '../../../protocol/manyRuns.ts'
import { eventsQuery, manyRunsQuery, runParams, seq } from '../../../protocol/requests.ts'
import type { Caller } from '../../access/caller.ts'
import type { Services } from '../../services.ts'
import { json, type StreamAnswer } from '../answer.ts'
import { type Call, defineRoute, type Route } from '../defineRoute.ts'
import { followMany } from '../manyRuns.ts'
import { MANY_RUNS_EVENTS, RUN_EVENTS } from '../openapi/eventSchemas.ts'
import { stopResponse } from '../openapi/responseSchemas.ts'
import { validate } from '../validate.ts'

/** Routes for runs: the events of one run, Stop, and the events of many runs over one stream. */
export function runRoutes({ runs }: Pick<Services, 'runs'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/runs/:runId/events',
      params: runParams,
      query: eventsQuery,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'followRun',
        summary: 'Streams the events of a run after one of them.',
        headers: z.object({ 'last-event-id': seq.optional() }),
        answers: { 200: { events: RUN_EVENTS }, 204: 'nothing' },
      },
      handle: call => runEvents(runs, call.caller, { runId: call.params.runId, after: afterOf(call) }),
    }),
    defineRoute({
      method: 'GET',
      path: MANY_RUNS_PATH,
      query: manyRunsQuery,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'followRuns',
        summary: 'Streams the events of many runs.',
        answers: { 200: { events: MANY_RUNS_EVENTS } },
      },
      handle: ({ caller, query }) => ({
        type: 'stream',
        async follow(stream) {
          // The stream begins before any run is asked for. Afterwards a refusal could only cut it.
          runs.requireTrust()
          await followMany(stream, query.run, (run, reader) => runs.follow(caller, run, reader))
        },
      }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/runs/:runId/stop',
      params: runParams,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'stopRun',
        summary: 'Stops a run. `202`: it has not ended yet.',
        answers: { 200: stopResponse, 202: stopResponse },
      },
      async handle({ caller, params }) {
        const stopped = await runs.stop(caller, params.runId)
        return json(stopped, { status: stopped.status === 'active' ? 202 : 200 })
      },
    }),
  ]
}

/** Streams the events of a run after `after`. It writes what is missing at once. */
export function runEvents(
  runs: Services['runs'],
  caller: Caller,
  run: { runId: string; after: number },
): StreamAnswer {
  return { type: 'stream', follow: async stream => stream.hold(await runs.follow(caller, run, stream)) }
}

/**
 * `Last-Event-ID` counts before `after`, because a browser that reconnects by itself repeats the address and names the
 * last event it has.
 */
function afterOf({ query, request }: Call<unknown, { after?: number | undefined }>): number {
  const lastEventId = request.header('last-event-id')
  return lastEventId === undefined ? (query.after ?? 0) : validate(seq, lastEventId, 'last-event-id')
}
