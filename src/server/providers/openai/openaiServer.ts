import { Agent, type Dispatcher } from 'undici'
import type { Timeouts } from './connection.ts'

/** Where requests go, and what each of them carries. */
export interface OpenaiServer {
  dispatcher: Dispatcher
  origin: string
  /** The path and query of an endpoint. */
  pathOf(endpoint: string, query?: string): string
  headers: Record<string, string>
}

export interface OpenaiServerOptions {
  /** With the version, as `https://api.openai.com/v1`. Its query is sent with every request. */
  baseUrl: string
  apiKey?: string
  timeouts: Timeouts
  /** Used instead of connections of its own. */
  dispatcher?: Dispatcher
}

export function createOpenaiServer(options: OpenaiServerOptions): OpenaiServer {
  const { apiKey, timeouts } = options
  const base = new URL(options.baseUrl)
  return {
    // With HTTP/1.1 each reply has a socket of its own. Closing that stops one reply, and a reset cuts only one.
    dispatcher: options.dispatcher ?? new Agent({ connect: { timeout: timeouts.connect }, allowH2: false }),
    origin: base.origin,
    pathOf(endpoint, query = '') {
      const search = [base.search.slice(1), query].filter(Boolean).join('&')
      return `${base.pathname.replace(/\/$/, '')}${endpoint}${search && `?${search}`}`
    },
    headers: { accept: 'text/event-stream', ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
  }
}
