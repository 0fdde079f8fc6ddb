import { after } from 'next/server'
import { createResumableStreamContext, type ResumableStreamContext } from 'resumable-stream'

interface Chat {
  activeStreamId: string | null
  stop: AbortController
}

declare global {
  /** Next.js gives each route a module of its own: what they share hangs here. */
  var shared: { chats: Map<string, Chat>; streams?: ResumableStreamContext } | undefined
}

globalThis.shared ??= { chats: new Map() }
const kept = globalThis.shared

/** What an application has to keep of each chat; in memory here, and so cheaper than in any real one. */
export const chats = kept.chats

/** One pair of connections to Redis for all routes; made with the first request, for a build has no Redis. */
export function resumableStreams(): ResumableStreamContext {
  kept.streams ??= createResumableStreamContext({ waitUntil: after })
  return kept.streams
}
