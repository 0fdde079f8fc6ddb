/** At once, or soon enough for the next frame that is painted. */
export type When = 'now' | 'soon'

export interface Store<State> {
  get(): State
  /**
   * The only way to change the state. Listeners are told `now`, or `soon`, once for all that changed until the next
   * frame: a screen cannot show more than one state a frame, and a reply brings many.
   */
  set(state: State, when?: When): void
  subscribe(listener: () => void): () => void
}

/** Holds one immutable state. `nextFrame` runs a callback before the next frame is painted. */
export function createStore<State>(initial: State, nextFrame: (callback: () => void) => void): Store<State> {
  const listeners = new Set<() => void>()
  let state = initial
  let toldState = initial
  let frameRequested = false

  function tell() {
    if (state === toldState) return
    toldState = state
    for (const listener of listeners) listener()
  }

  return {
    get: () => state,
    set: (next, when = 'now') => {
      state = next
      if (when === 'now') return tell()
      if (frameRequested) return
      frameRequested = true
      nextFrame(() => {
        frameRequested = false
        tell()
      })
    },
    subscribe: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
