import { expect } from 'vitest'
import type { AdminGroup, AdminPeopleResponse, GroupLimits } from '../../src/protocol/admin/adminResponses.ts'
import type { Answer, TestClient } from './client.ts'

/** Calls for groups, as the page of an administrator makes them. */
export function groupCalls(admin: TestClient) {
  return {
    async make(name: string, limits: Partial<GroupLimits>): Promise<AdminGroup> {
      const answer = await admin.post('/api/admin/groups', { name, limits })
      expect(answer.status, answer.text).toBe(201)
      return JSON.parse(answer.text).group
    },
    change: (id: string, body: object): Promise<Answer> =>
      admin.call('PATCH', `/api/admin/groups/${id}`, { body }),
    remove: (id: string): Promise<Answer> => admin.call('DELETE', `/api/admin/groups/${id}`),
    /** Puts the account with this address into a group, or into none. */
    async put(email: string, groupId: string | null): Promise<Answer> {
      const { text } = await admin.get(`/api/admin/people?email=${email}`)
      const { people } = JSON.parse(text) as AdminPeopleResponse
      const id = people[0]?.account?.id
      return admin.call('PATCH', `/api/admin/accounts/${id}`, { body: { groupId } })
    },
  }
}
