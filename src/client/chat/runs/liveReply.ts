import type { Part } from '../../../protocol/parts.ts'
import type { ChatState, OpenConversation } from '../chatState.ts'

/*
 * A reply being written changes the state many times a second, but on the page only that reply changes. So the page is
 * drawn from a state that ignores the parts of growing replies, and each growing reply is drawn by itself.
 */

/** The reply that is being written in one conversation, as far as it has come. */
export interface LiveReply {
  subscribe(listener: () => void): () => void
  /** `null` while none is being written. */
  read(): readonly Part[] | null
}

interface Source {
  getState(): ChatState
  subscribe(listener: () => void): () => void
}

export function liveReplyOf({ getState, subscribe }: Source, key: string): LiveReply {
  return {
    subscribe,
    read: () => getState().opened.find(open => open.key === key)?.run?.parts ?? null,
  }
}

/** Makes a function that reads the state. While only parts of growing replies change, it gives the same object again. */
export function createPageState(getState: () => ChatState): () => ChatState {
  let page = getState()
  return () => {
    const state = getState()
    if (state !== page && !differsInLiveRepliesOnly(page, state)) page = state
    return page
  }
}

function differsInLiveRepliesOnly(page: ChatState, state: ChatState): boolean {
  return (
    isSame(page, state, 'opened') &&
    page.opened.length === state.opened.length &&
    page.opened.every((open, index) => isSameOpen(open, state.opened[index] ?? open))
  )
}

function isSameOpen(page: OpenConversation, open: OpenConversation): boolean {
  if (page === open) return true
  if (!isSame(page, open, 'run')) return false
  return page.run && open.run ? isSame(page.run, open.run, 'parts') : page.run === open.run
}

function isSame<Value extends object>(one: Value, other: Value, except: keyof Value): boolean {
  const keys = Object.keys({ ...one, ...other }) as (keyof Value)[]
  return keys.every(key => key === except || one[key] === other[key])
}
