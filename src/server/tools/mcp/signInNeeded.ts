import type { SignInChallenge } from '../../generation/tools.ts'

/** The server did nothing, because a person has to sign in first, or to grant more. */
export class SignInNeeded extends Error {
  readonly challenge: Omit<SignInChallenge, 'server'>

  constructor({ metadataUrl, scope }: { metadataUrl?: string | undefined; scope?: string | undefined }) {
    super('a person has to sign in first')
    this.challenge = {
      ...(metadataUrl !== undefined && { metadataUrl }),
      ...(scope !== undefined && { scope }),
    }
  }
}

/** What an error of the client says about signing in. `undefined`: it has another reason. `granted`: what the person has granted. */
export function signInNeeded(error: unknown, granted: string | undefined): SignInNeeded | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if (error instanceof SignInNeeded) return error
  const { name, status, requiredScope, resourceMetadataUrl, cause } = error as Record<string, unknown>
  if (name === 'InsufficientScopeError')
    return new SignInNeeded({
      metadataUrl: resourceMetadataUrl === undefined ? undefined : String(resourceMetadataUrl),
      scope:
        [...new Set(`${granted ?? ''} ${requiredScope ?? ''}`.split(' ').filter(Boolean))].join(' ') ||
        undefined,
    })
  return status === 401 ? new SignInNeeded({}) : signInNeeded(cause, granted)
}
