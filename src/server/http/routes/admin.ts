import {
  accountParams,
  assistantParams,
  auditQuery,
  changeAccountRequest,
  checkAssistantRequest,
  overviewQuery,
  ownerParams,
  peopleQuery,
  providerParams,
  saveAssistantRequest,
  testProviderRequest,
} from '../../../protocol/admin/adminRequests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import {
  adminAccountResponse,
  adminAssistantResponse,
  adminAssistantsResponse,
  adminCheckResponse,
  adminLimitsResponse,
  adminOverviewResponse,
  adminPeopleResponse,
  adminProvidersResponse,
  adminTestResponse,
  adminToolServersResponse,
  auditResponse,
} from '../openapi/adminSchemas.ts'

type Parts = Pick<Services, 'administration'>

/** What administrators see and do. To everybody else these paths are unknown. */
export function adminRoutes(services: Parts): Route[] {
  return [
    ...figureRoutes(services),
    ...peopleRoutes(services),
    ...assistantFileRoutes(services),
    ...assistantChangeRoutes(services),
    ...providerRoutes(services),
    ...toolServerRoutes(services),
  ]
}

function figureRoutes({ administration }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/admin/overview',
      query: overviewQuery,
      access: 'admin',
      docs: {
        operation: 'adminOverview',
        summary: 'What the runs of the last days did.',
        answers: { 200: adminOverviewResponse },
      },
      handle: async ({ query }) => json(await administration.overview(Number(query.days))),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/admin/limits',
      access: 'admin',
      docs: {
        operation: 'adminLimits',
        summary: 'The limits that are set. Those of all owners come with what is used of them.',
        answers: { 200: adminLimitsResponse },
      },
      handle: async () => json(await administration.limits()),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/admin/audit',
      query: auditQuery,
      access: 'admin',
      docs: {
        operation: 'adminAudit',
        summary: 'What administrators did, the last first.',
        answers: { 200: auditResponse },
      },
      handle: async ({ query }) => json(await administration.audit(query)),
    }),
  ]
}

function peopleRoutes({ administration }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/admin/people',
      query: peopleQuery,
      access: 'admin',
      docs: {
        operation: 'adminPeople',
        summary: 'Lists the owners that have an account or a conversation, the newest first.',
        answers: { 200: adminPeopleResponse },
      },
      handle: async ({ query }) => json(await administration.people(query)),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/admin/accounts/:accountId',
      params: accountParams,
      body: changeAccountRequest,
      access: 'admin',
      docs: {
        operation: 'adminChangeAccount',
        summary: 'Disables an account, enables it, or changes its role or its group.',
        answers: { 200: adminAccountResponse },
      },
      handle: async ({ caller, params, body }) =>
        json(await administration.changeAccount(caller.accountId, params.accountId, body)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/admin/people/:ownerId/sessions',
      params: ownerParams,
      access: 'admin',
      docs: {
        operation: 'adminRevokeSessions',
        summary: 'Signs an owner out everywhere.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params }) {
        await administration.revokeSessionsOf(caller.accountId, params.ownerId)
        return { type: 'empty' }
      },
    }),
  ]
}

function assistantFileRoutes({ administration }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/admin/assistants',
      access: 'admin',
      docs: {
        operation: 'adminAssistants',
        summary: 'Lists the assistants as this node has them.',
        answers: { 200: adminAssistantsResponse },
      },
      handle: ({ locale }) => json(administration.assistants.list(locale)),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/admin/assistants/:assistantId',
      params: assistantParams,
      access: 'admin',
      docs: {
        operation: 'adminReadAssistant',
        summary: 'Reads the file of an assistant.',
        answers: { 200: adminAssistantResponse },
      },
      handle: async ({ params }) => json(await administration.assistants.read(params.assistantId)),
    }),
  ]
}

function assistantChangeRoutes({ administration }: Parts): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/admin/assistants/:assistantId/check',
      params: assistantParams,
      body: checkAssistantRequest,
      access: 'admin',
      docs: {
        operation: 'adminCheckAssistant',
        summary: 'Says what is wrong with a text for the file of an assistant.',
        answers: { 200: adminCheckResponse },
      },
      handle: async ({ params, body }) =>
        json({ problems: await administration.assistants.check({ id: params.assistantId, ...body }) }),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/admin/assistants/:assistantId',
      params: assistantParams,
      body: saveAssistantRequest,
      access: 'admin',
      docs: {
        operation: 'adminSaveAssistant',
        summary: 'Writes the file of an assistant on this node, and uses it.',
        answers: { 200: adminAssistantResponse },
      },
      handle: async ({ caller, params, body }) =>
        json(await administration.assistants.save(caller.accountId, { id: params.assistantId, ...body })),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/admin/assistant-reload',
      access: 'admin',
      docs: {
        operation: 'adminReloadAssistants',
        summary: 'Reads the files of all assistants of this node again.',
        answers: { 200: adminAssistantsResponse },
      },
      async handle({ caller, locale }) {
        await administration.assistants.reload(caller.accountId)
        return json(administration.assistants.list(locale))
      },
    }),
  ]
}

function providerRoutes({ administration }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/admin/providers',
      access: 'admin',
      docs: {
        operation: 'adminProviders',
        summary: 'Lists what writes the replies.',
        answers: { 200: adminProvidersResponse },
      },
      handle: () => json(administration.providers.list()),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/admin/providers/:providerId/test',
      params: providerParams,
      body: testProviderRequest,
      access: 'admin',
      // It costs what a message costs.
      limit: 'send',
      docs: {
        operation: 'adminTestProvider',
        summary: 'Asks a provider for the beginning of a small reply.',
        answers: { 200: adminTestResponse },
      },
      handle: async ({ params, body, locale, signal }) =>
        json(await administration.providers.test({ id: params.providerId, ...body, locale }, signal)),
    }),
  ]
}

function toolServerRoutes({ administration }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/admin/tool-servers',
      access: 'admin',
      docs: {
        operation: 'adminToolServers',
        summary: 'Says how the servers of tools are, as this node sees them.',
        answers: { 200: adminToolServersResponse },
      },
      handle: () => json(administration.toolServers()),
    }),
  ]
}
