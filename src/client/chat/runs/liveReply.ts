import type { Part } from '../../../protocol/parts.ts'
import type { ChatState, OpenConversation } from '../chatState.ts'

/*
 * A reply being written changes the state many times a second, and nothing on the page but that reply. So the state is
 * drawn in two: the page, which does not change with the words of a reply, and those words.
 */

/** What the reply being written in one conversation says so far. */
export interface Words {
  subscribe(listener: () => void): () => void
  /** `null` while none is being written. */
  read(): readonly Part[] | null
}

interface Source {
  getState(): ChatState
  subscribe(listener: () => void): () => void
}

export function wordsOf({ getState, subscribe }: Source, key: string): Words {
  return {
    subscribe,
    read: () => getState().opened.find(open => open.key === key)?.run?.parts ?? null,
  }
}

/** Reads the state, as it was read before while nothing but the words of replies has changed since. */
export function createPageState(getState: () => ChatState): () => ChatState {
  let page = getState()
  return () => {
    const state = getState()
    if (state !== page && !differsInWordsOnly(page, state)) page = state
    return page
  }
}

function differsInWordsOnly(page: ChatState, state: ChatState): boolean {
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
