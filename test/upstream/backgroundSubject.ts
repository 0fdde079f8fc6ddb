import { foldEvent, isContent } from '../../src/protocol/events.ts'
import { composeParts, type Part } from '../../src/protocol/parts.ts'
import {
  DETACHED,
  type Provider,
  type ProviderChunk,
  type ProviderRequest,
} from '../../src/server/generation/provider.ts'
import { createOpenaiProvider, type OpenaiOptions } from '../../src/server/providers/openai/openaiProvider.ts'
import { type ReadReply, readReply } from './readReply.ts'
import { createUpstream, type Reply, type Scenario, type Upstream } from './upstream.ts'

export const QUESTION: ProviderRequest = {
  model: 'gpt-test',
  instructions: '',
  history: [{ role: 'user', parts: composeParts({ content: 'O que é um riacho?' }) }],
  locale: 'pt-BR',
}
export const NEVER = new AbortController().signal
export const PATIENT = { connect: 5000, firstByte: 5000, idle: 5000, total: 20_000 }

export interface Subject extends AsyncDisposable {
  upstream: Upstream
  provider: Provider
  /** A provider as the next process has it. */
  another(options?: Partial<OpenaiOptions>): Provider
  resume(checkpoint: string, parts?: readonly Part[]): Promise<ReadReply>
}

/** A scripted provider, and the service that asks it for replies in the background. */
export async function open(
  reply: Reply | Scenario = {},
  options: Partial<OpenaiOptions> = {},
): Promise<Subject> {
  const upstream = await createUpstream()
  upstream.reply(reply)
  const providers: Provider[] = []
  const another = (others: Partial<OpenaiOptions> = {}) => {
    const own = { baseUrl: upstream.url, api: 'auto', background: true, timeouts: PATIENT } as const
    const provider = createOpenaiProvider({ ...own, ...options, ...others })
    providers.push(provider)
    return provider
  }
  const provider = another()
  return {
    upstream,
    provider,
    another,
    resume: (checkpoint, parts = []) => readReply(resumed(another(), { checkpoint, parts })),
    async [Symbol.asyncDispose]() {
      for (const each of providers) await each.close?.()
      await upstream.close()
    },
  }
}

export function resumed(
  provider: Provider,
  { checkpoint, parts, signal = NEVER }: { checkpoint: string; parts: readonly Part[]; signal?: AbortSignal },
): AsyncIterable<ProviderChunk> {
  if (!provider.resume) throw new Error('the provider keeps nothing')
  return provider.resume({ checkpoint, parts }, signal)
}

/** Adds the content of `chunk` to a message. */
export function fold(parts: Part[], chunk: ProviderChunk): void {
  if (isContent(chunk)) foldEvent(parts, chunk)
}

/**
 * Asks, lets `steps` steps of the reply be written, reads to the checkpoint of the last one, and leaves. The gate holds
 * the rest of the reply.
 */
export async function leave(subject: Subject, { steps, reply = {}, reason = DETACHED }: Leaving) {
  const gate = subject.upstream.hold(reply)
  const stop = new AbortController()
  const parts: Part[] = []
  void gate.next(steps)
  const sequence = reply.recording ? steps - 1 : steps === 0 ? 0 : steps + 2
  for await (const chunk of subject.provider.generate(QUESTION, stop.signal)) {
    fold(parts, chunk)
    if (chunk.type !== 'checkpoint' || !chunk.checkpoint.startsWith(`${sequence}:`)) continue
    stop.abort(reason)
    return { parts, checkpoint: chunk.checkpoint, gate }
  }
  throw new Error('the reply ended')
}

interface Leaving {
  steps: number
  reply?: Reply
  reason?: unknown
}
