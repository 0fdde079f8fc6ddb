import type { Callers } from './server/access/caller.ts'
import type { WaitingEnds } from './server/generation/waitingEnds.ts'

/**
 * Decides who asks as `callers` do, once the runs have ended that a dead process left of that owner. An administrator sees
 * everybody's. Throws what `callers` and `ends` throw.
 */
export function callersAfterEnds(callers: Callers, ends: WaitingEnds): Callers {
  return {
    ...callers,
    async decide(request, route) {
      const decided = await callers.decide(request, route)
      const { caller } = decided
      if (caller) await (route.access === 'admin' ? ends.storedForAll() : ends.storedFor(caller.ownerId))
      return decided
    },
  }
}
