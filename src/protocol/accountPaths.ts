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
  | 'read-link'
  | 'confirm'
  | 'delete'
  | 'passkey-options'
  | 'passkey-sign-in'
  | 'passkeys'
  | 'passkeys/options'

/** The path of who is signed in. */
export const ACCOUNT_PATH = '/api/chat/account'

export function issuerPath(name: string): string {
  return `${ACCOUNT_PATH}/issuers/${encodeURIComponent(name)}`
}

/** The path that links an issuer to the account, or takes the link away. */
export function issuerLinkPath(name: string, action: 'link' | 'unlink'): string {
  return `${issuerPath(name)}/${action}`
}

/** The path that removes a passkey. */
export function removePasskeyPath(id: string): string {
  return `${ACCOUNT_PATH}/passkeys/${id}/delete`
}

export function accountPath(action: AccountAction): string {
  return `${ACCOUNT_PATH}/${action}`
}
