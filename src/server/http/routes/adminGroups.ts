import { changeGroupRequest, groupParams, makeGroupRequest } from '../../../protocol/admin/adminRequests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { adminGroupResponse, adminGroupsResponse } from '../openapi/adminSchemas.ts'

/** Groups of accounts. Who is in one is changed with the account. */
export function groupRoutes({ administration }: Pick<Services, 'administration'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/admin/groups',
      access: 'admin',
      docs: {
        operation: 'adminGroups',
        summary: 'Lists the groups, with what they used this month.',
        answers: { 200: adminGroupsResponse },
      },
      handle: async () => json(await administration.groups.list()),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/admin/groups',
      body: makeGroupRequest,
      access: 'admin',
      docs: {
        operation: 'adminMakeGroup',
        summary: 'Makes a group.',
        answers: { 201: adminGroupResponse },
      },
      handle: async ({ caller, body }) =>
        json(await administration.groups.make(caller.accountId, body), { status: 201 }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/admin/groups/:groupId',
      params: groupParams,
      body: changeGroupRequest,
      access: 'admin',
      docs: {
        operation: 'adminChangeGroup',
        summary: 'Renames a group, or changes its limits.',
        answers: { 200: adminGroupResponse },
      },
      handle: async ({ caller, params, body }) =>
        json(await administration.groups.change(caller.accountId, params.groupId, body)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/admin/groups/:groupId',
      params: groupParams,
      access: 'admin',
      docs: {
        operation: 'adminDeleteGroup',
        summary: 'Deletes a group. Its accounts stay.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params }) {
        await administration.groups.remove(caller.accountId, params.groupId)
        return { type: 'empty' }
      },
    }),
  ]
}
