/**
 * Does the works of many owners: few at once, and one at a time of each owner. Among those that wait, the owner comes first whose
 * last work is longest ago. So whoever has much to do holds up nobody else.
 */
export class FairTurns {
  readonly #atOnce: number
  readonly #active = new Set<string>()
  /** What waits of each owner. The owner who is next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /** `atOnce`: how many works go on at once. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  take<T>(ownerId: string, work: () => Promise<T>): Promise<T> {
    const { promise: turn, resolve: begin } = Promise.withResolvers<void>()
    this.#waiting.set(ownerId, [...(this.#waiting.get(ownerId) ?? []), begin])
    this.#beginMore()
    return turn.then(work).finally(() => {
      this.#active.delete(ownerId)
      this.#putLast(ownerId)
      this.#beginMore()
    })
  }

  #beginMore(): void {
    for (const [ownerId, works] of this.#waiting) {
      if (this.#active.size >= this.#atOnce) return
      if (this.#active.has(ownerId)) continue
      const begin = works.shift()
      if (works.length === 0) this.#waiting.delete(ownerId)
      this.#active.add(ownerId)
      begin?.()
    }
  }

  #putLast(ownerId: string): void {
    const works = this.#waiting.get(ownerId)
    if (!works) return
    this.#waiting.delete(ownerId)
    this.#waiting.set(ownerId, works)
  }
}
