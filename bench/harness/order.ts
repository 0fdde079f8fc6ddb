/** What the fake upstream is to write; it goes to it inside the person's message, through whatever relays that. */
export interface Order {
  key: string
  tokens: number
  /** Milliseconds from token to token; 0: as fast as they are taken. */
  pace: number
  /** Milliseconds to the first token. */
  wait?: number
}

export function orderText({ key, tokens, pace, wait = 0 }: Order): string {
  return `bench ${key} ${tokens} ${pace} ${wait}`
}

/** The last order in a request's body: a conversation has those of its earlier messages too. */
export function orderIn(body: string): Required<Order> | undefined {
  const match = [...body.matchAll(/bench (\S+) (\d+) (\d+) (\d+)/g)].at(-1)
  if (!match) return undefined
  const [, key = '', tokens, pace, wait] = match
  return { key, tokens: Number(tokens), pace: Number(pace), wait: Number(wait) }
}
