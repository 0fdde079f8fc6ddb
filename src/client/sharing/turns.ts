import type { Timers } from '../browser.ts'

/** Something that wants to hold a connection. */
export interface Candidate {
  /** Higher ranks go first. May change; say so with `review`. */
  rank(): number
  /** Its turn has come. Never called after `end`. */
  begin(): void
  /** Somebody else's turn has come: it has to `end`, and may wait again. */
  giveWay(): void
}

export interface Turn {
  /** The connection is there: from now on it can be cut and gone on with. */
  answered(): void
  /** It needs no connection any more, or does not want one. */
  end(): void
}

export interface Turns {
  wait(candidate: Candidate): Turn
}

/** For one that shares with nobody. */
export const ALWAYS: Turns = {
  wait: ({ begin }) => {
    begin()
    return { answered: () => {}, end: () => {} }
  },
}

export interface ReviewedTurns extends Turns {
  /** Ranks have changed. */
  review(): void
}

interface Entry {
  candidate: Candidate
  /** Milliseconds since 1970; `null` before it was answered. */
  answeredAt: number | null
}

/**
 * Lets at most `slots` candidates hold a connection at once. A candidate waits in the queue, then holds a slot, then is
 * gone. Nobody is disturbed while no one waits. When one does, it takes the slot of a holder of lower rank at once, and
 * of equal rank when that has had its turn of `turnLength` milliseconds; of higher rank never. A turn counts from the
 * answer, so that on a slow network too each one brings something.
 */
export function createTurns(options: { slots: number; turnLength: number; timers: Timers }): ReviewedTurns {
  const { slots, turnLength, timers } = options
  const holders: Entry[] = []
  const queue: Entry[] = []
  let cancelTimer = () => {}
  let isReviewing = false
  let isStale = false

  /** Who gives way has to be back in the queue before the next one is asked to: what that changes is reviewed after it. */
  function review() {
    isStale = true
    if (isReviewing) return
    isReviewing = true
    while (isStale) {
      isStale = false
      settle()
    }
    isReviewing = false
  }

  function settle() {
    cancelTimer()
    while (queue.length > 0 && holders.length < slots) begin(firstOf(queue))
    if (queue.length === 0) return
    const rank = firstOf(queue).candidate.rank()
    const left = holders.map(holder => ({ holder, milliseconds: timeLeft(holder, rank) }))
    const next = left.reduce((best, each) => (each.milliseconds < best.milliseconds ? each : best))
    if (next.milliseconds <= 0) next.holder.candidate.giveWay()
    else if (Number.isFinite(next.milliseconds)) cancelTimer = timers.set(review, next.milliseconds)
  }

  function begin(entry: Entry) {
    remove(queue, entry)
    holders.push(entry)
    entry.candidate.begin()
  }

  function timeLeft({ candidate, answeredAt }: Entry, rank: number): number {
    if (answeredAt === null || candidate.rank() > rank) return Number.POSITIVE_INFINITY
    return candidate.rank() < rank ? 0 : answeredAt + turnLength - timers.now()
  }

  return {
    review,
    wait: candidate => {
      const entry: Entry = { candidate, answeredAt: null }
      queue.push(entry)
      review()
      return {
        answered: () => {
          entry.answeredAt ??= timers.now()
          review()
        },
        end: () => {
          remove(queue, entry)
          remove(holders, entry)
          review()
        },
      }
    },
  }
}

/** The first that came of those with the highest rank. */
function firstOf(queue: readonly Entry[]): Entry {
  return queue.reduce((best, each) => (each.candidate.rank() > best.candidate.rank() ? each : best))
}

function remove(entries: Entry[], entry: Entry): void {
  const index = entries.indexOf(entry)
  if (index >= 0) entries.splice(index, 1)
}
