import { ACCOUNT_PATH, type AccountAction, accountPath } from '../protocol/accountPaths.ts'
import type {
  ChangeEmailRequest,
  ChangePasswordRequest,
  DeleteAccountRequest,
  ResetPasswordRequest,
  SignInRequest,
  SignUpRequest,
} from '../protocol/accountRequests.ts'
import type { AccountResponse, ChangeEmailResponse, SignedInResponse } from '../protocol/responses.ts'
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
    sendLink: (kind: 'sign-up-link' | 'reset-link', email: string) => post<undefined>(kind, { email }),
    sendConfirm: () => post<undefined>('confirm-link'),
    signOut: () => post<undefined>('sign-out'),
    changePassword: (body: ChangePasswordRequest) => post<undefined>('password', body),
    changeEmail: (body: ChangeEmailRequest) => post<ChangeEmailResponse>('email', body),
    remove: (body: DeleteAccountRequest) => post<undefined>('delete', body),
  }
}
