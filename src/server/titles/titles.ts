import { RiachoError } from '../../protocol/errors.ts'
import type { Caller } from '../access/caller.ts'
import { type Clock, within } from '../clock.ts'
import { findConversation } from '../database/conversations.ts'
import type { Subscription } from '../log/followLog.ts'
import { SharedTitle, type TitleReader } from './sharedTitle.ts'
import { createTitleMaker, type TitleMakerOptions } from './titleMaker.ts'

export interface TitleServiceOptions extends TitleMakerOptions {
  clock: Clock
}

/** A title that readers wait for. */
interface PendingTitle {
  readonly writing: SharedTitle
  /** Rejects with `NOT_FOUND`. */
  readonly found: Promise<void>
}

/**
 * Gives each conversation, once, a better title than its first words. A title is written to its end even if every
 * reader leaves. It never replaces a title that a person gave.
 */
export function createTitleService(options: TitleServiceOptions) {
  const { database, clock } = options
  const makeTitle = createTitleMaker(options)
  const pending = new Map<string, PendingTitle>()
  const works = new Set<Promise<void>>()
  const abort = new AbortController()

  /**
   * Follows the title of a conversation. If the title is provisional and there is a reply, has a better one written.
   * Rejects with `NOT_FOUND` before the reader gets anything.
   */
  async function subscribe(caller: Caller, id: string, reader: TitleReader): Promise<Subscription> {
    const key = `${caller.ownerId} ${id}`
    // No await between look-up and begin. If two readers ask at once, the second one must find the title of the first.
    const { writing, found } = pending.get(key) ?? begin(key, caller, id)
    await found
    return { unsubscribe: writing.follow(reader) }
  }

  function begin(key: string, { ownerId, locale }: Caller, id: string): PendingTitle {
    const found = Promise.withResolvers<void>()
    const writing = new SharedTitle()
    pending.set(key, { writing, found: found.promise })
    const work = findConversation(database.queries, { id, ownerId })
      .then(async conversation => {
        if (!conversation) throw new RiachoError('NOT_FOUND')
        found.resolve()
        const onTitle = (title: string) => writing.show(title)
        writing.end(await makeTitle(conversation, { locale, signal: abort.signal, onTitle }))
      })
      .catch(found.reject)
      .finally(() => {
        pending.delete(key)
        works.delete(work)
      })
    works.add(work)
    return { writing, found: found.promise }
  }

  return {
    subscribe,
    /**
     * Waits at most `ms` milliseconds for titles that are being written. A title that is not done by then stays the
     * first words.
     */
    async close(ms: number): Promise<void> {
      await within(ms, clock, Promise.all(works))
      abort.abort()
      await Promise.all(works)
    },
  }
}
