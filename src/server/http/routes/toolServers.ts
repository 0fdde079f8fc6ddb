import { z } from 'zod'
import { RiachoError } from '../../../protocol/errors.ts'
import { answersRequest, questionParams, runParams, toolServerParams } from '../../../protocol/requests.ts'
import { SIGN_IN_PAGES } from '../../../protocol/signInPages.ts'
import type { Services } from '../../services.ts'
import { CALLBACK_PATH, CLIENT_PATH } from '../../tools/signIn/signInService.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { issuerAnswer, readIssuerAnswer } from '../issuerAnswer.ts'
import { signInResponse, toolServersResponse } from '../openapi/responseSchemas.ts'
import { plainPage } from '../plainPage.ts'

type Parts = Pick<Services, 'messages' | 'toolSignIns'>

/** What tools ask people, and how people sign in at servers of tools. */
export function toolServerRoutes({ messages, toolSignIns }: Parts): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/runs/:runId/answers',
      params: runParams,
      body: answersRequest,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'answer',
        summary: 'Answers what calls ask while their run goes on.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params, body }) {
        await messages.answer(caller, { ...params, ...body })
        return { type: 'empty' }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/runs/:runId/questions/:questionId/sign-in',
      params: questionParams,
      access: 'owner',
      limit: 'account',
      docs: {
        operation: 'beginToolSignIn',
        summary:
          'Begins to sign in at a server of tools, as a question asks. The browser has to go to `url`.',
        answers: { 200: signInResponse },
      },
      handle: async ({ request, caller, params }) =>
        json(await toolSignIns.begin({ request, caller }, params)),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/tool-servers',
      access: 'owner',
      docs: {
        operation: 'listToolServers',
        summary: 'Lists the servers of tools at which people sign in.',
        answers: { 200: toolServersResponse },
      },
      handle: async ({ caller }) => json(await toolSignIns.list(caller)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/tool-servers/:name/sign-in',
      params: toolServerParams,
      access: 'owner',
      docs: {
        operation: 'signOutOfToolServer',
        summary: 'Forgets what lets Riacho use a server of tools in the name of the caller.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params }) {
        await toolSignIns.signOut(caller, params.name)
        return { type: 'empty' }
      },
    }),
    ...issuerRoutes(toolSignIns),
  ]
}

/** What issuers read, and where they send people back to. */
function issuerRoutes(toolSignIns: Parts['toolSignIns']): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: CALLBACK_PATH,
      query: issuerAnswer,
      access: 'known',
      limit: 'account',
      docs: {
        operation: 'finishToolSignIn',
        summary: 'Takes the answer of an issuer that a browser brings, and says to a person how it ended.',
        answers: { 200: { files: { 'text/html': z.string() } } },
      },
      async handle({ caller, query, locale }) {
        const texts = SIGN_IN_PAGES[locale]
        const failed = { title: texts.failed, text: texts.failedText }
        const answer = readIssuerAnswer(query)
        if (!answer) return plainPage(locale, { ...failed, status: 400 })
        try {
          const { server } = await toolSignIns.finish(caller, answer)
          return plainPage(locale, { title: texts.done, text: texts.doneText(server) })
        } catch (error) {
          // A person looks at it, who may have reloaded the page or come too late.
          const code = error instanceof RiachoError ? error.code : undefined
          if (code === 'SIGN_IN_FAILED') return plainPage(locale, { ...failed, status: 401 })
          if (code === 'NOT_FOUND')
            return plainPage(locale, { title: texts.over, text: texts.overText, status: 404 })
          throw error
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: CLIENT_PATH,
      access: 'anybody',
      docs: {
        operation: 'readToolClient',
        summary:
          'What issuers of servers of tools read of this installation (a client ID metadata document).',
        answers: { 200: z.record(z.string(), z.unknown()) },
      },
      handle: ({ request }) => json(toolSignIns.clientDocument(request)),
    }),
  ]
}
