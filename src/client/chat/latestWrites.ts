/** Writes of which only the last one counts, one at a time for each name. */
export interface LatestWrites {
  /** A write of that name is under way. */
  has(name: string): boolean
  /**
   * Writes, after the one under way if there is one; a write that waits gives way to a newer one. `isLast` tells the
   * writer whether no newer one waits.
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
