import {
  changeEmailRequest,
  changePasswordRequest,
  linkRequest,
  linkTokenRequest,
  personRequest,
  resetPasswordRequest,
  signInRequest,
  signUpRequest,
} from '../../../protocol/accountRequests.ts'
import { RiachoError } from '../../../protocol/errors.ts'
import type { SignedInResponse } from '../../../protocol/responses.ts'
import type { Caller } from '../../access/caller.ts'
import type { Services } from '../../services.ts'
import { type Answer, json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import {
  accountLinkResponse,
  accountResponse,
  changeEmailResponse,
  signedInResponse,
} from '../openapi/accountSchemas.ts'
import { signedIn } from '../signedInAnswer.ts'

/** Also the answer to a link that is mailed, or not: it never tells. */
const DONE = { type: 'empty' } as const satisfies Answer
const COMMON = { access: 'known', limit: 'account' } as const

/** Routes for accounts: come in, go out, and what a person changes. None of them begins a visitor. */
export function accountRoutes({ accounts }: Pick<Services, 'accounts'>): Route[] {
  return [...entranceRoutes(accounts), ...linkRoutes(accounts), ...ownRoutes(accounts)]
}

/** Who asks, and ways to be somebody else. Long, because it is a list. */
function entranceRoutes(accounts: Services['accounts']): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/account',
      access: 'known',
      docs: {
        operation: 'readAccount',
        summary: 'Tells who is signed in, and who may come in.',
        answers: { 200: accountResponse },
      },
      handle: async ({ caller, request }) => json(await accounts.read(caller, request)),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/sign-up',
      body: signUpRequest,
      docs: {
        operation: 'signUp',
        summary: 'Makes an account, and signs in to it.',
        answers: { 201: signedInResponse },
      },
      handle: async ({ request, caller, body }) =>
        signedIn(await accounts.signUp({ request, caller }, body), 201),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/sign-in',
      body: signInRequest,
      docs: {
        operation: 'signIn',
        summary: 'Signs in with a password.',
        answers: { 200: signedInResponse },
      },
      handle: async ({ request, caller, body }) => signedIn(await accounts.signIn({ request, caller }, body)),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/reset',
      body: resetPasswordRequest,
      docs: {
        operation: 'resetPassword',
        summary: 'Sets a new password by a link, and signs in.',
        answers: { 200: signedInResponse },
      },
      handle: async ({ request, caller, body }) => signedIn(await accounts.reset({ request, caller }, body)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/account/sign-out',
      access: 'known',
      docs: {
        operation: 'signOut',
        summary: 'Revokes the session of the request.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller }) {
        if (caller) await accounts.signOut(caller)
        return DONE
      },
    }),
  ]
}

/** Links that are mailed. */
function linkRoutes(accounts: Services['accounts']): Route[] {
  return [
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/read-link',
      body: linkTokenRequest,
      docs: {
        operation: 'readLink',
        summary: 'Tells whether a link can still be used, and does not use it.',
        answers: { 200: accountLinkResponse },
      },
      handle: async ({ body }) => json(await accounts.readLink(body)),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/sign-up-link',
      body: linkRequest,
      docs: {
        operation: 'sendSignUpLink',
        summary: 'Mails a link that makes an account.',
        answers: { 204: 'nothing' },
      },
      async handle({ request, caller, body, locale }) {
        await accounts.sendSignUpLink({ request, caller }, body.email, locale)
        return DONE
      },
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/reset-link',
      body: linkRequest,
      docs: {
        operation: 'sendResetLink',
        summary: 'Mails a link that sets a new password.',
        answers: { 204: 'nothing' },
      },
      async handle({ request, caller, body, locale }) {
        await accounts.sendReset({ request, caller }, body.email, locale)
        return DONE
      },
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/confirm-link',
      docs: {
        operation: 'sendConfirmLink',
        summary: 'Mails a link that confirms the address of the account.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, locale }) {
        await accounts.sendConfirm(caller, locale)
        return DONE
      },
    }),
  ]
}

/** What a person does with the account. Long, because it is a list. */
function ownRoutes(accounts: Services['accounts']): Route[] {
  return [
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/confirm',
      body: linkTokenRequest,
      docs: {
        operation: 'confirmEmail',
        summary: 'Confirms an address by a link.',
        answers: { 200: signedInResponse },
      },
      async handle({ caller, body, locale }) {
        const response: SignedInResponse = { account: await accounts.confirm(caller, body.token, locale) }
        return json(response)
      },
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/password',
      body: changePasswordRequest,
      docs: {
        operation: 'changePassword',
        summary: 'Sets a new password, and signs out all other browsers.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, body }) {
        await accounts.changePassword(signedInCaller(caller), body)
        return DONE
      },
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/email',
      body: changeEmailRequest,
      docs: {
        operation: 'changeEmail',
        summary: 'Gives the account another address, once a link to it is opened.',
        answers: { 200: changeEmailResponse },
      },
      handle: async ({ caller, body, locale }) =>
        json(await accounts.changeEmail(signedInCaller(caller), body, locale)),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/delete',
      body: personRequest,
      docs: {
        operation: 'deleteAccount',
        summary: 'Erases the account and everything that its owner has, for good.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, body }) {
        await accounts.remove(caller, body)
        return { type: 'empty', forgetsCaller: true }
      },
    }),
  ]
}

function signedInCaller(caller: Caller | undefined): Caller {
  if (caller?.accountId === undefined) throw new RiachoError('SIGN_IN_REQUIRED')
  return caller
}
