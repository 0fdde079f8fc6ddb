import {
  ACCOUNT_PATH,
  type AccountAction,
  accountPath,
  issuerLinkPath,
  issuerPath,
  removePasskeyPath,
} from '../protocol/accountPaths.ts'
import type {
  ChangeEmailRequest,
  ChangePasswordRequest,
  PersonRequest,
  ResetPasswordRequest,
  SignInRequest,
  SignUpRequest,
} from '../protocol/accountRequests.ts'
import type { AddPasskeyRequest, PasskeySignInRequest } from '../protocol/passkeyRequests.ts'
import type {
  AccountLinkResponse,
  AccountResponse,
  ChangeEmailResponse,
  IssuerResponse,
  PasskeyListResponse,
  PasskeyOptionsResponse,
  PasskeyResponse,
  SignedInResponse,
} from '../protocol/responses.ts'
import type { ApiCall, ApiResult } from './api.ts'

export type AccountCalls = ReturnType<typeof createAccountCalls>

/** The calls about accounts. None of them throws. `call` makes a call, as `callApi` does. */
export function createAccountCalls(call: <Value>(request: ApiCall) => Promise<ApiResult<Value>>) {
  const post = <Value>(action: AccountAction, body?: object): Promise<ApiResult<Value>> =>
    call({ method: 'POST', path: accountPath(action), ...(body && { body }) })
  return {
    read: () => call<AccountResponse>({ method: 'GET', path: ACCOUNT_PATH }),
    signIn: (body: SignInRequest) => post<SignedInResponse>('sign-in', body),
    signUp: (body: SignUpRequest) => post<SignedInResponse>('sign-up', body),
    reset: (body: ResetPasswordRequest) => post<SignedInResponse>('reset', body),
    confirm: (token: string) => post<SignedInResponse>('confirm', { token }),
    readLink: (token: string) => post<AccountLinkResponse>('read-link', { token }),
    sendLink: (kind: 'sign-up-link' | 'reset-link', email: string) => post<undefined>(kind, { email }),
    /** `next`: the path to go on with. */
    beginLogin: (name: string, next: string) =>
      call<IssuerResponse>({ method: 'POST', path: issuerPath(name), body: { next } }),
    sendConfirm: () => post<undefined>('confirm-link'),
    signOut: () => post<undefined>('sign-out'),
    changePassword: (body: ChangePasswordRequest) => post<undefined>('password', body),
    changeEmail: (body: ChangeEmailRequest) => post<ChangeEmailResponse>('email', body),
    remove: (body: PersonRequest) => post<undefined>('delete', body),
    linkIssuer: (name: string, body: PersonRequest) =>
      call<IssuerResponse>({ method: 'POST', path: issuerLinkPath(name, 'link'), body }),
    unlinkIssuer: (name: string, body: PersonRequest) =>
      call<undefined>({ method: 'POST', path: issuerLinkPath(name, 'unlink'), body }),
    beginPasskeySignIn: () => post<PasskeyOptionsResponse>('passkey-options'),
    signInByPasskey: (body: PasskeySignInRequest) => post<SignedInResponse>('passkey-sign-in', body),
    listPasskeys: () => call<PasskeyListResponse>({ method: 'GET', path: accountPath('passkeys') }),
    beginPasskey: (body: PersonRequest) => post<PasskeyOptionsResponse>('passkeys/options', body),
    addPasskey: (body: AddPasskeyRequest) => post<PasskeyResponse>('passkeys', body),
    removePasskey: (id: string, body: PersonRequest) =>
      call<undefined>({ method: 'POST', path: removePasskeyPath(id), body }),
  }
}
