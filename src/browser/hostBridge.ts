import { type FrameMessage, type LauncherMessage, messageIn, post } from '../protocol/widget.ts'

/** Milliseconds for which the host may think about a token. */
const TOKEN_TIMEOUT = 20_000
/** Milliseconds before the end of a token in which it is not used any more. */
const MARGIN = 30_000

/** What the page in the frame of the widget has of the page around it. */
export interface HostBridge {
  /** The token of who is signed in, `null` if nobody is. Rejects if the host could not say. */
  token(): Promise<string | null>
  /** Asks the host for another token the next time, because the server refused this one. */
  forgetToken(): void
  /** The person is done with the widget. */
  close(): void
  /** Calls when the frame is shown. */
  onOpen(listener: () => void): void
  /** Calls when somebody else may be signed in. */
  onPersonChange(listener: () => void): void
  /** Tells the launcher that the page takes messages. */
  ready(): void
}

interface Asked {
  resolve(token: string | null): void
  reject(error: Error): void
}

/** Talks with the page around this one, and with nobody else. Its origin is the fragment of the address of the frame. */
export function createHostBridge(
  frame: Pick<Window, 'parent' | 'location' | 'addEventListener'>,
  now: () => number,
): HostBridge {
  const parent = { source: frame.parent, origin: decodeURIComponent(frame.location.hash.slice(1)) }
  const say = (message: FrameMessage) => {
    // An origin that is none, or that of another page, gets nothing.
    if (parent.source !== frame && /^https?:/.test(parent.origin)) post(parent.source, parent.origin, message)
  }
  let known: { token: string; until: number } | undefined
  let asking: (Asked & { answer: Promise<string | null> }) | undefined
  const onOpen: (() => void)[] = []
  const onPersonChange: (() => void)[] = []

  function ask(): Promise<string | null> {
    if (asking) return asking.answer
    let settle: Asked = { resolve() {}, reject() {} }
    const asked = new Promise<string | null>((resolve, reject) => {
      settle = { resolve, reject }
    })
    const timer = setTimeout(() => settle.reject(new Error('the page gave no token in time')), TOKEN_TIMEOUT)
    const answer = asked.finally(() => {
      clearTimeout(timer)
      asking = undefined
    })
    asking = { ...settle, answer }
    say({ type: 'token-wanted' })
    return answer
  }

  frame.addEventListener('message', event => {
    const message = messageIn<LauncherMessage>(event, parent)
    switch (message?.type) {
      case 'token':
        known = knownFrom(message.token)
        asking?.resolve(message.token)
        return
      case 'token-failed':
        asking?.reject(new Error('the page gave no token'))
        return
      case 'person-changed':
        known = undefined
        for (const listener of onPersonChange) listener()
        return
      case 'open':
        for (const listener of onOpen) listener()
    }
  })

  return {
    token: async () => (known && now() < known.until ? known.token : ask()),
    forgetToken() {
      known = undefined
    },
    close: () => say({ type: 'close' }),
    onOpen: listener => void onOpen.push(listener),
    onPersonChange: listener => void onPersonChange.push(listener),
    ready: () => say({ type: 'ready' }),
  }
}

function knownFrom(token: string | null): { token: string; until: number } | undefined {
  return token === null ? undefined : { token, until: endOf(token) - MARGIN }
}

/** When a token ends, in milliseconds since 1970. A token that does not say is used once. */
function endOf(token: string): number {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { exp } = JSON.parse(atob(payload))
    return typeof exp === 'number' ? exp * 1000 : 0
  } catch {
    return 0
  }
}
