/*
 * Each tab has a storage of its own, which is lost when the tab is closed. So the tab also writes a copy to the storage
 * that all tabs share, under the tab's name. While there is a copy, the tab holds a lock of that name. A copy whose lock
 * nobody holds belongs to a closed tab, and another tab takes it over.
 */

export interface TextStorage {
  read(key: string): string | null
  /** `null` removes the key. */
  write(key: string, value: string | null): void
  /** Removes every key that begins with `prefix`. */
  clear(prefix: string): void
  /** Every key that begins with `prefix`. */
  keys(prefix: string): string[]
}

/** Private to this tab, and survives a reload. When the tab is closed, another one takes over what is in it. */
export interface TabStorage extends TextStorage {
  /** Calls `take` with the storage of each closed tab, and then clears it. */
  takeOver(take: (left: TextStorage) => void): Promise<void>
}

/** Locks by name. One page at a time holds a lock, and a page that is gone holds none. */
export interface Locks {
  /** Takes the lock once it is free. The returned function releases it. */
  hold(name: string): () => void
  /** Runs `work` if nobody holds the lock. */
  ifFree(name: string, work: () => void): Promise<void>
}

interface TabStorageParts {
  /** Private to this tab, and survives a reload. */
  session: TextStorage
  /** Shared by tabs. */
  shared: TextStorage
  /** `null` if the browser has no locks. Then no copies are written. */
  locks(): Locks | null
  createId(): string
}

const NAME_KEY = 'riacho.tab'
const COPIES = 'riacho.tabs.'

export function createTabStorage({ session, shared, locks, createId }: TabStorageParts): TabStorage {
  let name = ''
  let release: (() => void) | null = null

  function ownName(): string {
    if (name === '') name = session.read(NAME_KEY) ?? createId()
    return name
  }

  /** Takes the lock if there is a copy, and releases it if there is none. */
  function holdOrRelease() {
    const hasCopies = shared.keys(copiesOf(ownName())).length > 0
    session.write(NAME_KEY, hasCopies ? ownName() : null)
    if (hasCopies) release ??= locks()?.hold(copiesOf(ownName())) ?? null
    else {
      release?.()
      release = null
    }
  }

  return {
    ...session,
    write: (key, value) => {
      session.write(key, value)
      if (!locks()) return
      shared.write(copiesOf(ownName()) + key, value)
      holdOrRelease()
    },
    clear: prefix => {
      session.clear(prefix)
      shared.clear(copiesOf(ownName()) + prefix)
      holdOrRelease()
    },
    takeOver: async take => {
      holdOrRelease()
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

/** Deletes the copies of all tabs whose keys end with `end`. */
export function forgetCopies(shared: TextStorage, end: string): void {
  for (const key of shared.keys(COPIES)) if (key.endsWith(end)) shared.write(key, null)
}

function copiesOf(name: string): string {
  return `${COPIES}${name}.`
}

/** The part of a storage whose keys begin with `start`. Its own keys are without that beginning. */
export function within(storage: TextStorage, start: string): TextStorage {
  return {
    read: key => storage.read(start + key),
    write: (key, value) => storage.write(start + key, value),
    clear: prefix => storage.clear(start + prefix),
    keys: prefix => storage.keys(start + prefix).map(key => key.slice(start.length)),
  }
}
