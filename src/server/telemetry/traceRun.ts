import { type Attributes, ROOT_CONTEXT, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { Clock } from '../clock.ts'
import type { EndedRun } from '../generation/activeRuns.ts'

/**
 * Makes a trace of each run that has ended, or goes on with the trace of its request: one span for the run, and one within it for each of its times. No span has a
 * word that anybody wrote. Names of attributes are those of OpenTelemetry for generative AI, where there is one:
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
export function createTraceRun(
  tracer: Tracer,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): (ended: EndedRun) => void {
  return ({ start, end, times, trace: parent }) => {
    const wall = clock.now() - clock.monotonic()
    const options = { startTime: wall + times.begunAt, attributes: attributesOf({ start, end }) }
    const around = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
    const run = tracer.startSpan(`chat ${start.model}`, options, around)
    if (!run.isRecording()) return
    const within = trace.setSpan(ROOT_CONTEXT, run)
    const phase = (name: string, from: number, to: number) =>
      tracer.startSpan(name, { startTime: wall + from }, within).end(wall + to)
    const { begunAt, askedAt, firstAt = times.endedAt, endedAt, storedAt } = times
    phase('accept', begunAt, askedAt)
    phase('first byte', askedAt, firstAt)
    if (times.firstAt !== undefined) phase('stream', firstAt, endedAt)
    phase('commit', endedAt, storedAt)
    if (end.code !== undefined) run.setStatus({ code: SpanStatusCode.ERROR, message: end.code })
    run.end(wall + storedAt)
  }
}

function attributesOf({ start, end }: Pick<EndedRun, 'start' | 'end'>): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': start.model,
    ...(end.model !== undefined && { 'gen_ai.response.model': end.model }),
    'gen_ai.conversation.id': start.conversationId,
    ...(end.usage && {
      'gen_ai.usage.input_tokens': end.usage.inputTokens,
      'gen_ai.usage.output_tokens': end.usage.outputTokens,
    }),
    ...(end.code !== undefined && { 'error.type': end.code }),
    'riacho.run.id': start.runId,
    'riacho.run.status': end.status,
    'riacho.assistant': start.assistant,
  }
}
