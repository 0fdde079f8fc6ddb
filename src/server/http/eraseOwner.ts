import type { Services } from '../services.ts'
import { defineRoute, type Route } from './defineRoute.ts'

/** Erases all that the caller has. Whoever has nothing loses nothing, and no owner begins for it. */
export function eraseOwnerRoutes({ deletions }: Pick<Services, 'deletions'>): Route[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/owner',
      limit: 'wholeConversation',
      access: 'known',
      async handle({ caller }) {
        if (caller) await deletions.eraseOwner(caller.ownerId)
        return { type: 'empty', forgetsCaller: true }
      },
    }),
  ]
}
