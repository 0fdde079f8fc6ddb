/** The most bytes that wait for all clients together. */
export const MAX_WAITING = 256 * 1024 * 1024

export interface WaitingClient {
  /** How much waits for it, in bytes or UTF-16 units. */
  readonly waiting: number
  cut(): void
}

/** Cuts the clients furthest behind, until at most `most` waits for all of them together. */
export function boundTogether(clients: readonly WaitingClient[], most: number): void {
  let total = clients.reduce((sum, { waiting }) => sum + waiting, 0)
  if (total <= most) return
  for (const client of clients.toSorted((one, other) => other.waiting - one.waiting)) {
    client.cut()
    total -= client.waiting
    if (total <= most) return
  }
}
