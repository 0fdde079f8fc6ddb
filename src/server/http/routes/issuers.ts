import { issuerParams, issuerRequest, personRequest } from '../../../protocol/accountRequests.ts'
import { RiachoError } from '../../../protocol/errors.ts'
import { ACCOUNT_PAGE } from '../../../protocol/pages.ts'
import type { IssuerResponse } from '../../../protocol/responses.ts'
import type { HeaderFields } from '../../access/requestFacts.ts'
import type { Services } from '../../services.ts'
import type { ContentAnswer, JsonAnswer } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { issuerAnswer, readIssuerAnswer } from '../issuerAnswer.ts'
import { issuerResponse } from '../openapi/accountSchemas.ts'

const COMMON = { access: 'known', limit: 'account', params: issuerParams } as const

/** Routes for issuers of OpenID Connect: signing in at one, and linking one to an account. None of them begins a visitor. */
export function issuerRoutes({ accounts }: Pick<Services, 'accounts'>): Route[] {
  return [...loginRoutes(accounts), ...linkRoutes(accounts)]
}

function loginRoutes(accounts: Services['accounts']): Route[] {
  return [
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/issuers/:name',
      body: issuerRequest,
      docs: {
        operation: 'beginLogin',
        summary: 'Begins to sign in at an issuer. The browser has to go to `url`.',
        answers: { 200: issuerResponse },
      },
      async handle({ request, caller, params, body }) {
        return leadTo(await accounts.beginLogin({ request, caller }, { ...params, ...body }))
      },
    }),
    defineRoute({
      ...COMMON,
      method: 'GET',
      path: '/api/chat/account/issuers/:name/callback',
      query: issuerAnswer,
      docs: {
        operation: 'finishLogin',
        summary: 'Takes the answer of an issuer that a browser brings, and leads on.',
        answers: { 302: 'nothing' },
      },
      async handle({ request, caller, params, query }) {
        try {
          const answer = readIssuerAnswer(query)
          if (!answer) throw new RiachoError('SIGN_IN_FAILED', 'the issuer repeats a parameter')
          const search = `?${answer}`
          const { headers, next } = await accounts.finishLogin({ request, caller }, { ...params, search })
          return goTo(next, headers)
        } catch (error) {
          // A person looks at it, and the page says what happened.
          if (error instanceof RiachoError) return goTo(`${ACCOUNT_PAGE}#failed=${error.code}`)
          throw error
        }
      },
    }),
  ]
}

/** What the person of an account decides. */
function linkRoutes(accounts: Services['accounts']): Route[] {
  return [
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/issuers/:name/link',
      body: personRequest,
      docs: {
        operation: 'linkIssuer',
        summary: 'Begins to link an issuer to the account. The browser has to go to `url`.',
        answers: { 200: issuerResponse },
      },
      handle: async ({ request, caller, params, body }) =>
        leadTo(await accounts.beginLink({ request, caller }, params.name, body)),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/issuers/:name/unlink',
      body: personRequest,
      docs: {
        operation: 'unlinkIssuer',
        summary: 'Takes the link to an issuer away from the account.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params, body }) {
        await accounts.unlink(caller, params.name, body)
        return { type: 'empty' }
      },
    }),
  ]
}

function leadTo({ url, headers }: { url: string; headers: HeaderFields }): JsonAnswer {
  const body: IssuerResponse = { url }
  return { type: 'json', headers, body }
}

function goTo(location: string, headers: HeaderFields = {}): ContentAnswer {
  const mediaType = 'text/plain; charset=utf-8'
  return { type: 'content', status: 302, headers: { ...headers, location }, mediaType, content: '' }
}
