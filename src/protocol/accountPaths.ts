/** What can be done with an account, as the last segment of its path. */
export type AccountAction =
  | 'sign-up'
  | 'sign-up-link'
  | 'sign-in'
  | 'sign-out'
  | 'password'
  | 'email'
  | 'reset-link'
  | 'reset'
  | 'confirm-link'
  | 'confirm'
  | 'delete'

/** The path of who is signed in. */
export const ACCOUNT_PATH = '/api/chat/account'

export function accountPath(action: AccountAction): string {
  return `${ACCOUNT_PATH}/${action}`
}
