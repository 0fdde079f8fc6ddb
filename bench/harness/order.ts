/** What the fake upstream has to write. The order is inside the message of the person, so every relay carries it. */
export interface Order {
  key: string
  tokens: number
  /** Milliseconds between two tokens. 0: as fast as the reader takes them. */
  pace: number
  /** Milliseconds before the first token. */
  wait?: number
  /** Whether the model calls two tools after half of the tokens, and writes the rest once it has their results. */
  calls?: boolean
}

export function orderText({ key, tokens, pace, wait = 0, calls = false }: Order): string {
  return `bench ${key} ${tokens} ${pace} ${wait}${calls ? ' calls' : ''}`
}

/** The last order in the body of a request, because a conversation also contains the orders of its earlier messages. */
export function orderIn(body: string): Required<Order> | undefined {
  const match = [...body.matchAll(/bench (\S+) (\d+) (\d+) (\d+)( calls)?/g)].at(-1)
  if (!match) return undefined
  const [, key = '', tokens, pace, wait, calls] = match
  return {
    key,
    tokens: Number(tokens),
    pace: Number(pace),
    wait: Number(wait),
    calls: calls !== undefined,
  }
}
