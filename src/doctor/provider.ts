import { readEvents, type ServerEvent } from '../client/streams/readEvents.ts'
import { ERROR_MESSAGES } from '../protocol/errorMessages.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { EndStatus, StreamEvent } from '../protocol/events.ts'
import { decodeFrame } from '../protocol/sse.ts'
import type { Env } from '../server/config/env.ts'
import { durationOf, type Finding, fail, note, ok, warn } from './finding.ts'
import type { Site } from './site.ts'
import { hearProvider } from './upstream.ts'

/** Milliseconds. Long, because loading a local model may take minutes. */
const REPLY_TIMEOUT = 180_000

const SEE_LOG = 'see the log of the server'
const NOT_ASKED = 'to ask it, which may cost money: --ask sends "ping" and times the reply'

/** What `/api/ready` says of the provider. */
interface ProviderState {
  model: string
  /** How the last reply ended. `null` before the first one. */
  lastEnd: { status: EndStatus; code: ErrorCode | null } | null
}

/** Reports what the server knows of its provider, without a request to the provider. */
export async function checkProvider(site: Site): Promise<Finding[]> {
  const response = await site.fetch('/api/ready')
  const body: { provider?: ProviderState } | null = await response.json().catch(() => null)
  const { provider } = body ?? {}
  if (!provider) return [note('provider', 'not asked', NOT_ASKED)]
  const { model, lastEnd } = provider
  if (!lastEnd) return [note('provider', `${model}: no reply yet`, NOT_ASKED)]
  const text = `${model}: the last reply ended as ${lastEnd.status}`
  return [
    lastEnd.code
      ? warn('provider', `${text}, ${lastEnd.code}`, ERROR_MESSAGES.en[lastEnd.code])
      : ok('provider', text),
  ]
}

interface Reply {
  conversationId: string | undefined
  model: string
  /** Milliseconds after the request. */
  firstTextAfter: number | undefined
  end: Extract<StreamEvent, { type: 'run-end' }> | undefined
  endedAfter: number
}

/**
 * Sends one short message, reads the reply, and deletes the conversation. A server tells readers nothing of what its
 * provider said. So if the reply failed and the settings are at hand, asks the provider itself.
 */
export async function askProvider(site: Site, openai: Env['openai']): Promise<Finding[]> {
  const askedAt = performance.now()
  const body = { content: 'ping' }
  const response = await site.fetch('/api/chat/send', { method: 'POST', body, timeout: REPLY_TIMEOUT })
  if (response.headers.get('www-authenticate') === 'Bearer')
    return [note('provider', 'not asked, because the server requires host tokens')]
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return [fail('provider', `the message was refused: ${response.status} ${await response.text()}`, SEE_LOG)]
  }
  const reply = await readReply(response, askedAt)
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
  if (reply.conversationId && cookie) {
    await site.fetch(`/api/chat/conversations/${reply.conversationId}`, {
      method: 'DELETE',
      headers: { cookie },
    })
  }
  const finding = findingOf(reply)
  if (reply.end?.status !== 'failed' || !openai) return [finding]
  const said = await hearProvider(openai, REPLY_TIMEOUT)
  const remedy =
    said === undefined
      ? 'asked without Riacho, the provider answers: restart Riacho'
      : `the provider says: ${said}`
  return [{ ...finding, remedies: [...finding.remedies, remedy] }]
}

function findingOf({ model, end, firstTextAfter, endedAfter }: Reply): Finding {
  if (!end) return fail('provider', `the reply was cut after ${durationOf(endedAfter)}`, SEE_LOG)
  if (end.status !== 'completed') {
    return fail(
      'provider',
      `${model}: ${end.status}${end.code ? `, ${end.code}` : ''}`,
      end.code ? ERROR_MESSAGES.en[end.code] : SEE_LOG,
    )
  }
  if (firstTextAfter === undefined) return fail('provider', `${model}: completed without a word`, SEE_LOG)
  return ok(
    'provider',
    `${model}: first text after ${durationOf(firstTextAfter)}, completed after ${durationOf(endedAfter)}`,
  )
}

async function readReply(response: Response, askedAt: number): Promise<Reply> {
  const reply: Reply = {
    conversationId: undefined,
    model: '',
    firstTextAfter: undefined,
    end: undefined,
    endedAfter: 0,
  }
  const take = ({ name, data }: ServerEvent) => {
    const event = decodeFrame(name, data)
    if (event?.type === 'run-start')
      Object.assign(reply, { conversationId: event.conversationId, model: event.model })
    if (event?.type === 'text-delta') reply.firstTextAfter ??= performance.now() - askedAt
    if (event?.type === 'run-end') reply.end = event
  }
  try {
    for await (const events of readEvents(response)) events.forEach(take)
  } catch {
    reply.end = undefined
  }
  reply.endedAfter = performance.now() - askedAt
  return reply
}
