import { RiachoError } from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { HeaderFields, RequestFacts } from './requestFacts.ts'

/** Whose data a request is about, and how the request proves it: a visitor has a signed cookie. */
export interface Identity {
  readonly ownerId: string
  readonly kind: 'visitor'
}

/** Who asks, and in which language. It is decided once, before any handler. */
export interface Caller extends Identity {
  readonly locale: Locale
}

/**
 * Whom a route is for.
 * - **owner**: somebody who has things. A request that proves nobody may begin a new visitor.
 * - **page**: as `owner`, and the proof lasts longer from now on.
 * - **known**: whoever the request proves, or nobody. Nobody begins.
 * - **anybody**: nobody is asked for a proof, and nobody begins.
 */
export type Access = 'owner' | 'page' | 'known' | 'anybody'

/** The caller that a handler gets from a route with such an access. */
export type CallerFor<Allowed extends Access> = Allowed extends 'owner' | 'page'
  ? Caller
  : Allowed extends 'known'
    ? Caller | undefined
    : undefined

/** One way to prove who asks. */
export interface Authenticator {
  /** `null` when the request proves nobody in this way. The answer carries `headers`, a refusal too. */
  identify(
    request: RequestFacts,
    access: Exclude<Access, 'anybody'>,
  ): Promise<{ identity: Identity; headers?: HeaderFields } | null>
  /** Headers by which the client forgets its proof. */
  forgetHeaders?(request: RequestFacts): HeaderFields
}

export interface Callers {
  /** Throws `UNAUTHENTICATED` for a route that needs an owner and a request that proves none. */
  decide(
    request: RequestFacts,
    route: { access: Access; locale: Locale },
  ): Promise<{ caller: Caller | undefined; headers?: HeaderFields }>
  /** Headers by which the client forgets every proof. */
  forgetHeaders(request: RequestFacts): HeaderFields
}

/** Decides who asks. The first of `authenticators` that identifies somebody counts. */
export function createCallers(authenticators: readonly Authenticator[]): Callers {
  return {
    async decide(request, { access, locale }) {
      if (access === 'anybody') return { caller: undefined }
      for (const authenticator of authenticators) {
        const found = await authenticator.identify(request, access)
        if (!found) continue
        const { identity, headers } = found
        return { caller: { ...identity, locale }, ...(headers && { headers }) }
      }
      if (access === 'known') return { caller: undefined }
      throw new RiachoError('UNAUTHENTICATED')
    },
    forgetHeaders: request =>
      Object.assign({}, ...authenticators.map(({ forgetHeaders }) => forgetHeaders?.(request))),
  }
}
