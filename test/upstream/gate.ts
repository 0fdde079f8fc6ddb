export interface Gate {
  /** Lets `count` more steps go; resolves when they are on the wire, or when the reply is over. */
  next(count?: number): Promise<void>
  /** Lets the rest of the reply go, to its end. */
  open(): void
}

/** A gate as the upstream that waits at it sees it. */
export interface GateKeeper extends Gate {
  /** Resolves when the next step may go. */
  pass(): Promise<void>
  /** A step is on the wire. */
  passed(): void
  /** No step will follow. */
  end(): void
}

/** Holds a reply before each of its steps (every delta, every source, the ending) until a test lets it go on. */
export function createGate(): GateKeeper {
  let allowed = 0
  let sent = 0
  let wake: (() => void) | undefined
  let waiting: { target: number; resolve: () => void }[] = []

  const allow = (steps: number) => {
    allowed += steps
    wake?.()
    wake = undefined
  }

  return {
    next: (count = 1) => {
      allow(count)
      const target = allowed
      return new Promise(resolve => {
        if (target <= sent) resolve()
        else waiting.push({ target, resolve })
      })
    },
    open: () => allow(Number.POSITIVE_INFINITY),
    pass: async () => {
      while (sent >= allowed && sent < Number.POSITIVE_INFINITY) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    passed: () => {
      sent += 1
      for (const waiter of waiting) if (waiter.target <= sent) waiter.resolve()
      waiting = waiting.filter(waiter => waiter.target > sent)
    },
    end: () => {
      allow(Number.POSITIVE_INFINITY)
      sent = Number.POSITIVE_INFINITY
      for (const waiter of waiting) waiter.resolve()
      waiting = []
    },
  }
}
