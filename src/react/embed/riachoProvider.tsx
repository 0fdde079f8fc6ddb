import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import type { ChatClientOptions } from '../../browser/chatClientOptions.ts'
import { createFullClient, type FullClient } from '../../browser/fullClient.ts'
import { type RiachoClient, riachoClientOver } from '../../client/riachoClient.ts'
import { DEFAULT_LOCALE, type Locale } from '../../protocol/locale.ts'
import { useLatestCallback } from '../useLatestCallback.ts'

export interface RiachoProviderProps extends ChatClientOptions {
  /** The language of `<Chat/>`. Default: `pt-BR`. */
  locale?: Locale | undefined
  /** Another conversation is open, or the new one has an id now. Your app can put it into its address. */
  onConversationChange?: ((conversationId: string | null) => void) | undefined
  children: ReactNode
}

export interface Connection {
  /** Another one than that of the connection before. */
  key: string
  /** Has everything that the components use. */
  full: FullClient
  client: RiachoClient
  locale: Locale
}

const ConnectionContext = createContext<Connection | null>(null)

export function useConnection(): Connection {
  const connection = useContext(ConnectionContext)
  if (!connection) throw new Error('client-6: no RiachoProvider around this part of the app')
  return connection
}

/** Gives the hooks and `<Chat/>` below it one chat client, which lives as long as this component. */
export function RiachoProvider(props: RiachoProviderProps) {
  const { children, conversationId, onConversationChange, token } = props
  const connection = useOneConnection(props)
  const { client } = connection
  useEffect(() => client.start(), [client])

  // Another token may be another person's.
  useChange(client, token, () => {
    if (typeof token !== 'function') client.refresh()
  })

  const read = () => client.getSnapshot().conversationId
  const openId = useSyncExternalStore(client.subscribe, read, read)
  const toldId = useRef(openId)
  useChange(client, openId, () => {
    // Another client may begin with none, and then come to the conversation of the client before.
    if (toldId.current !== openId) onConversationChange?.(openId)
    toldId.current = openId
  })
  useChange(client, conversationId, () => {
    if (conversationId !== undefined && conversationId !== read()) client.open(conversationId)
  })
  return <ConnectionContext value={connection}>{children}</ConnectionContext>
}

/** Calls when the value changes. Another client begins with a value of its own, which is no change. */
function useChange(client: RiachoClient, value: unknown, onChange: () => void): void {
  const last = useRef({ client, value })
  const tell = useLatestCallback(onChange)
  useEffect(() => {
    const isChange = last.current.client === client && last.current.value !== value
    last.current = { client, value }
    if (isChange) tell()
  }, [client, value, tell])
}

/** The connection for these options. Functions may differ at each render; anything else makes a new connection. */
function useOneConnection(props: RiachoProviderProps): Connection {
  const { baseUrl, owner, name, locale = DEFAULT_LOCALE } = props
  const hasToken = props.token !== undefined
  const key = JSON.stringify([baseUrl, owner, name, locale, hasToken])
  const latest = useRef(props)
  useLayoutEffect(() => {
    latest.current = props
  })
  const connect = () => {
    const full = createFullClient({
      ...props,
      locale,
      fetch: (url, init) => (latest.current.fetch ?? globalThis.fetch)(url, init),
      token: hasToken ? () => tokenOf(latest.current) : undefined,
    })
    return { key, full, client: riachoClientOver(full), locale }
  }
  const [connection, setConnection] = useState<Connection>(connect)
  if (connection.key !== key) setConnection(connect())
  return connection
}

function tokenOf({ token }: RiachoProviderProps): string | null | Promise<string | null> {
  return typeof token === 'function' ? token() : (token ?? null)
}
