/** A node as its row shows it. It raises `beat` while it lives. */
export interface NodeBeat {
  id: string
  beat: number
  /** It writes nothing more. */
  hasLeft: boolean
}

/** A node whose beat stands still for this long is dead, in milliseconds. */
export const LEASE = 12_000
/** Looks come every second. After a longer gap than this nobody knows whether others could beat, in milliseconds. */
const LONGEST_GAP = 3000

/**
 * Sees which nodes are dead, by nothing but changes and a clock of its own, so that no two clocks have to agree. A node
 * that could not ask the database saw no changes, nor did one that was frozen: it counts from the next look on. Otherwise
 * the first one to wake after a pause of all nodes, or of the database too, would take over from all others.
 */
export class LeaseWatch {
  #seen = new Map<string, { beat: number; at: number }>()
  #lookedAt = Number.NEGATIVE_INFINITY

  /** `nodes`: those that are not known to be dead. `at`: milliseconds of a monotonic clock. Gives those that are dead. */
  look(nodes: readonly NodeBeat[], at: number): NodeBeat[] {
    if (at - this.#lookedAt > LONGEST_GAP) this.forget()
    this.#lookedAt = at
    const dead: NodeBeat[] = []
    const seen = new Map<string, { beat: number; at: number }>()
    for (const node of nodes) {
      const { id, beat, hasLeft } = node
      const before = this.#seen.get(id)
      const since = before?.beat === beat ? before.at : at
      seen.set(id, { beat, at: since })
      if (hasLeft || at - since >= LEASE) dead.push(node)
    }
    this.#seen = seen
    return dead
  }

  /** Since when the beat of a node stands as it is, by the same clock. `undefined`: it was not seen yet. */
  beatAt(id: string): number | undefined {
    return this.#seen.get(id)?.at
  }

  /** An answer took `ms` milliseconds. Beats may take as long, so that this time does not count. */
  excuse(ms: number): void {
    this.#lookedAt += ms
    for (const seen of this.#seen.values()) seen.at += ms
  }

  /** Forgets what it saw, because it could not look for a while. */
  forget(): void {
    this.#seen = new Map()
  }
}
