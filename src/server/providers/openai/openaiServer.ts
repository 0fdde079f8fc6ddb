import type { Dispatcher } from 'undici'
import type { NetworkSettings } from '../../config/network.ts'
import { createDispatcher } from '../../dispatcher.ts'
import type { Timeouts } from './connection.ts'

/** Where requests go, and what each of them carries. */
export interface OpenaiServer {
  dispatcher: Dispatcher
  origin: string
  /** The path and query of an endpoint. */
  pathOf(endpoint: string, query?: string): string
  /** The address of an endpoint, for logs. */
  addressOf(endpoint: string): string
  headers: Record<string, string>
}

export interface OpenaiServerOptions {
  /** With the version, as `https://api.openai.com/v1`. Its query is sent with every request. */
  baseUrl: string
  apiKey?: string
  timeouts: Timeouts
  network?: NetworkSettings
  /** Used instead of connections of its own. */
  dispatcher?: Dispatcher
}

export function createOpenaiServer(options: OpenaiServerOptions): OpenaiServer {
  const { baseUrl, apiKey, timeouts, network } = options
  const base = new URL(baseUrl)
  const path = base.pathname.replace(/\/$/, '')
  return {
    dispatcher:
      options.dispatcher ?? createDispatcher({ address: baseUrl, connectTimeout: timeouts.connect, network }),
    origin: base.origin,
    pathOf(endpoint, query = '') {
      const search = [base.search.slice(1), query].filter(Boolean).join('&')
      return `${path}${endpoint}${search && `?${search}`}`
    },
    addressOf: endpoint => `${base.origin}${path}${endpoint}`,
    headers: {
      accept: 'text/event-stream',
      // A compressor holds text back until it has a block of it.
      'accept-encoding': 'identity',
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    },
  }
}
