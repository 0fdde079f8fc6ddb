export interface Gate {
  /** Lets `count` more steps pass. Resolves when they are sent, or when the reply is over. */
  next(count?: number): Promise<void>
  /** Lets the rest of the reply pass, to its end. */
  open(): void
}

/** A gate, as the upstream sees it. */
export interface GateKeeper extends Gate {
  /** Resolves when the next step may pass. */
  pass(): Promise<void>
  /** A step was sent. */
  passed(): void
  /** No step follows. */
  end(): void
}

/** Holds a reply before each of its steps (every delta, every source, the ending) until the test lets it pass. */
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
