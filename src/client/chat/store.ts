/** `now` tells the listeners at once; `soon` tells them before the next frame is painted. */
export type When = 'now' | 'soon'

export interface Store<State> {
  get(): State
  /**
   * The only way to change the state. With `soon` the listeners are called once for all changes of a frame, because a
   * reply brings many changes and a screen shows one state a frame.
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
