import type { Logger } from 'pino'
import { openRiacho } from '../openRiacho.ts'
import { DEFAULT_LOCALE, type Locale } from '../protocol/locale.ts'
import {
  createConversationRequest,
  idParams,
  listConversationsQuery,
  runParams,
  type SendRequest,
  sendRequest,
  type UpdateConversationRequest,
  updateConversationRequest,
} from '../protocol/requests.ts'
import type {
  ConversationListResponse,
  ConversationResponse,
  Message,
  StopResponse,
} from '../protocol/responses.ts'
import { identityOf } from '../server/access/hostOwner.ts'
import type { ConversationReading } from '../server/conversations/conversationService.ts'
import { createFetchHandler, type FetchHandler } from '../server/http/fetch/fetchHandler.ts'
import { OpenStreams } from '../server/http/fetch/openStreams.ts'
import { streamResponse } from '../server/http/fetch/streamResponse.ts'
import { runEvents } from '../server/http/routes/runs.ts'
import { validate } from '../server/http/validate.ts'
import { type RiachoOptions, readHostOptions } from './hostOptions.ts'

/** For whom a call acts: the host's id of a person. */
export interface ForOwner {
  owner: string
}

export interface HostSend extends ForOwner, SendRequest {
  /** The language of the messages in the stream. Default: `pt-BR`. */
  locale?: Locale
}

/**
 * Calls for server code of the host, without HTTP. Every call throws a `RiachoError` with a code of PROTOCOL.md, and a
 * `TypeError` if `owner` is no id.
 */
export interface HostCalls {
  /**
   * Stores the message and starts its run. `stream` has the bytes of `POST /api/chat/send`, and `headers` are those of
   * its answer, which keep a proxy from holding the text back. Cancelling the stream ends the reading and not the run.
   */
  send(request: HostSend): Promise<{ runId: string; stream: ReadableStream<Uint8Array>; headers: Headers }>
  stop(request: ForOwner & { runId: string }): Promise<StopResponse>
  readonly conversations: {
    list(request: ForOwner & { limit?: number; cursor?: string }): Promise<ConversationListResponse>
    create(request: ForOwner & { assistant?: string; title?: string }): Promise<ConversationResponse>
    read(request: ForOwner & { id: string }): Promise<ConversationResponse>
    update(request: ForOwner & { id: string } & UpdateConversationRequest): Promise<ConversationResponse>
    remove(request: ForOwner & { id: string }): Promise<void>
  }
}

/** Riacho, opened for a host. */
export interface OpenedHost extends HostCalls {
  createHandler(options: Pick<RiachoOptions, 'owner' | 'basePath'>): FetchHandler
  /** Drains for at most `drainMs`, by default 30 s, and closes everything. */
  close(drainMs?: number): Promise<void>
}

/** Opens the database and ends the runs that a killed process left. Throws `ConfigProblem`, `DatabaseProblem`. */
export async function openHost(options: RiachoOptions, logger: Logger): Promise<OpenedHost> {
  const riacho = await openRiacho({ ...(await readHostOptions(options)), logger })
  const { api, services } = riacho
  const streams = new OpenStreams(api.clock)
  void riacho.resume()
  const key = ({ owner, id }: ForOwner & { id: string }) => ({
    ownerId: identityOf(owner).ownerId,
    ...validate(idParams, { id }),
  })
  return {
    createHandler({ owner, basePath }) {
      const callers = owner ? riacho.callersOf(owner) : api.callers
      return createFetchHandler({ ...api, callers }, { streams, ...(basePath !== undefined && { basePath }) })
    },
    async send({ owner, locale = DEFAULT_LOCALE, ...request }) {
      const caller = { ...identityOf(owner), locale }
      services.readiness.requireRunning()
      const { runId } = await services.messages.send(caller, validate(sendRequest, request))
      const events = runEvents(services.runs, caller, { runId, after: 0 })
      const signal = new AbortController().signal
      const { body, headers } = await streamResponse(events, {
        api,
        streams,
        headers: new Headers(),
        locale,
        caller,
        signal,
      })
      return { runId, stream: body ?? new ReadableStream(), headers }
    },
    stop({ owner, runId }) {
      const caller = { ...identityOf(owner), locale: DEFAULT_LOCALE }
      return services.runs.stop(caller, validate(runParams, { runId }).runId)
    },
    conversations: {
      list: ({ owner, ...query }) =>
        services.conversations.list(identityOf(owner).ownerId, validate(listConversationsQuery, query)),
      create: ({ owner, ...request }) =>
        services.conversations.create(
          identityOf(owner).ownerId,
          validate(createConversationRequest, request),
        ),
      read: async request => whole(await services.conversations.read(key(request))),
      update: async ({ owner, id, ...change }) =>
        whole(
          await services.conversations.update(
            key({ owner, id }),
            validate(updateConversationRequest, change),
          ),
        ),
      remove: request => services.deletions.remove(key(request)),
    },
    async close(drainMs) {
      await riacho.drain(drainMs)
      await riacho.close()
    },
  }
}

/** Reads every message at once, as a caller without HTTP wants it. */
async function whole({ messages, ...reading }: ConversationReading): Promise<ConversationResponse> {
  const read: Message[] = []
  for await (const slice of messages) for (const message of slice) read.push(message)
  return { ...reading, messages: read }
}
