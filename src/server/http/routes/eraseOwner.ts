import type { Services } from '../../services.ts'
import { defineRoute, type Route } from '../defineRoute.ts'

/** Erases everything of the caller. A request that proves nobody erases nothing and begins no owner. */
export function eraseOwnerRoutes({ deletions }: Pick<Services, 'deletions'>): Route[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/owner',
      limit: 'wholeConversation',
      access: 'known',
      docs: {
        operation: 'eraseOwner',
        summary: 'Erases everything that the caller has, for good.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller }) {
        if (caller) await deletions.eraseOwner(caller)
        // Whoever has an account stays signed in to it.
        return { type: 'empty', forgetsCaller: caller?.kind !== 'account' }
      },
    }),
  ]
}
