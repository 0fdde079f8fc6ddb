import { after } from 'next/server'
import { createResumableStreamContext, type ResumableStreamContext } from 'resumable-stream'

interface Chat {
  activeStreamId: string | null
  stop: AbortController
}

declare global {
  /** Next.js gives each route a module of its own. What the routes share is here. */
  var shared: { chats: Map<string, Chat>; streams?: ResumableStreamContext } | undefined
}

globalThis.shared ??= { chats: new Map() }
const kept = globalThis.shared

/** What an application has to keep of each chat. This keeps it in memory, which costs less than a real application. */
export const chats = kept.chats

/** One pair of connections to Redis for all routes. The first request makes it, because the build has no Redis. */
export function resumableStreams(): ResumableStreamContext {
  kept.streams ??= createResumableStreamContext({ waitUntil: after })
  return kept.streams
}
