/** Writes of which only the last one counts. For each name one runs at a time. */
export interface LatestWrites {
  /** Whether a write of that name is under way. */
  has(name: string): boolean
  /**
   * Runs `write` once no other write of that name runs. If another one is asked for before it starts, it never starts.
   * `isLast` tells the writer whether no newer write waits.
   */
  write(name: string, write: (isLast: () => boolean) => Promise<void>): Promise<void>
}

export function createLatestWrites(): LatestWrites {
  type Write = (isLast: () => boolean) => Promise<void>
  const waiting = new Map<string, Write | null>()
  return {
    has: name => waiting.has(name),
    write: async (name, write) => {
      if (waiting.has(name)) {
        waiting.set(name, write)
        return
      }
      for (let next: Write | null | undefined = write; next; next = waiting.get(name)) {
        waiting.set(name, null)
        await next(() => waiting.get(name) === null)
      }
      waiting.delete(name)
    },
  }
}
