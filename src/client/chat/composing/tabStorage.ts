/*
 * What a tab keeps is its own, and a tab that is closed takes it along. So a copy of it lies where all tabs can read it,
 * under the tab's name, and the tab holds that name for as long as it keeps anything. A copy whose name nobody holds was
 * left behind.
 */

export interface TextStorage {
  read(key: string): string | null
  /** `null` removes the key. */
  write(key: string, value: string | null): void
  /** Removes every key that begins so. */
  clear(prefix: string): void
  /** Every key that begins so. */
  keys(prefix: string): string[]
}

/** Outlives a reload, private to this tab; what is left when the tab is closed goes to another one. */
export interface TabStorage extends TextStorage {
  /** Gives `take` what each tab that was closed has left, once. */
  takeOver(take: (left: TextStorage) => void): Promise<void>
}

/** Names that one page at a time can hold. A page that is gone holds none. */
export interface Locks {
  /** Holds a name, once it is free; the returned function lets it go. */
  hold(name: string): () => void
  /** Runs `work` if nobody holds that name. */
  ifFree(name: string, work: () => void): Promise<void>
}

interface TabStorageParts {
  /** Outlives a reload. */
  session: TextStorage
  /** Shared by tabs. */
  shared: TextStorage
  /** `null` where there are none: what a closed tab had is gone then. */
  locks(): Locks | null
  createId(): string
}

const NAME_KEY = 'riacho.tab'
const COPIES = 'riacho.tabs.'

export function createTabStorage({ session, shared, locks, createId }: TabStorageParts): TabStorage {
  let name = ''
  let letGo: (() => void) | null = null

  function ownName(): string {
    if (name === '') name = session.read(NAME_KEY) ?? createId()
    return name
  }

  /** Holds the tab's name while there is a copy under it. */
  function holdOrLetGo() {
    const hasCopies = shared.keys(copiesOf(ownName())).length > 0
    session.write(NAME_KEY, hasCopies ? ownName() : null)
    if (hasCopies) letGo ??= locks()?.hold(copiesOf(ownName())) ?? null
    else {
      letGo?.()
      letGo = null
    }
  }

  return {
    ...session,
    write: (key, value) => {
      session.write(key, value)
      if (!locks()) return
      shared.write(copiesOf(ownName()) + key, value)
      holdOrLetGo()
    },
    clear: prefix => {
      session.clear(prefix)
      shared.clear(copiesOf(ownName()) + prefix)
      holdOrLetGo()
    },
    takeOver: async take => {
      holdOrLetGo()
      const names = new Set(shared.keys(COPIES).map(key => key.slice(COPIES.length).split('.')[0] ?? ''))
      names.delete(ownName())
      const taken = [...names].map(other =>
        locks()?.ifFree(copiesOf(other), () => {
          take(within(shared, copiesOf(other)))
          shared.clear(copiesOf(other))
        }),
      )
      await Promise.all(taken)
    },
  }
}

/** Forgets what any tab keeps under keys that end so; everything for `''`. */
export function forgetCopies(shared: TextStorage, end: string): void {
  for (const key of shared.keys(COPIES)) if (key.endsWith(end)) shared.write(key, null)
}

function copiesOf(name: string): string {
  return `${COPIES}${name}.`
}

/** The part of a storage whose keys begin so, without that beginning. */
function within(storage: TextStorage, start: string): TextStorage {
  return {
    read: key => storage.read(start + key),
    write: (key, value) => storage.write(start + key, value),
    clear: prefix => storage.clear(start + prefix),
    keys: prefix => storage.keys(start + prefix).map(key => key.slice(start.length)),
  }
}
