import type { SpanContext } from '@opentelemetry/api'
import { RiachoError } from '../../protocol/errors.ts'
import type { KeyScope } from '../../protocol/keys.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { HeaderFields, RequestFacts } from './requestFacts.ts'

/**
 * Whose data a request is about, and how the request proves it. A visitor has a session, and so has whoever signed in to
 * an account. A host vouches for its own people. A program has an API key.
 */
export interface Identity {
  readonly ownerId: string
  readonly kind: 'visitor' | 'account' | 'host' | 'key'
  /** What proves it, if that is a session or an API key. Both can be revoked. */
  readonly sessionId?: string
  readonly keyId?: string
  /** What the proof is good for. If absent, for everything. */
  readonly scope?: KeyScope
  /** Who signed in. */
  readonly accountId?: string
}

/** Who asks, in which language, and within which trace. This is decided once, before any handler. */
export interface Caller extends Identity {
  readonly locale: Locale
  /** The span within which the request was made, as it says itself. It proves nothing. */
  readonly trace?: SpanContext
}

/** An administrator who asks. */
export interface Administrator extends Caller {
  readonly accountId: string
}

/**
 * Who may use a route.
 * - **owner**: somebody who owns data. A request that proves nobody may begin a new visitor.
 * - **page**: as `owner`. The proof also lasts longer from now on. Where nobody may begin a visitor, the page comes
 *   without an owner, because it has no data.
 * - **known**: whoever the request proves, or nobody. No visitor begins.
 * - **guest**: as `known`, and a wrong proof is none.
 * - **admin**: whoever signed in to an account of an administrator. To everybody else the path is unknown, whatever the
 *   method, and no visitor begins.
 * - **anybody**: the route asks for no proof. No visitor begins.
 */
export type Access = 'owner' | 'page' | 'known' | 'guest' | 'admin' | 'anybody'

/** What an authenticator is asked for. An administrator has to be known first. */
export type ProvedAccess = Exclude<Access, 'admin' | 'guest' | 'anybody'>

/** The caller that the handler of a route with this access gets. */
export type CallerFor<Allowed extends Access> = Allowed extends 'owner'
  ? Caller
  : Allowed extends 'admin'
    ? Administrator
    : Allowed extends 'known' | 'guest' | 'page'
      ? Caller | undefined
      : undefined

/**
 * Stores what proves from now on who asks, and gives the headers that tell the client. Call it once the request is known
 * to be valid. The answer carries the headers, also if it is a refusal. Throws `STORAGE_UNAVAILABLE`.
 */
export type GiveProof = () => Promise<HeaderFields>

export interface Identified {
  identity: Identity
  /** Absent if the client keeps the proof that it has. */
  giveProof?: GiveProof | undefined
}

/** One way to prove who asks. */
export interface Authenticator {
  /** `null` if the request proves nobody in this way. */
  identify(request: RequestFacts, access: ProvedAccess): Promise<Identified | null>
  /** Whether the authenticators after this one have no say in the request. If absent, they have. */
  decidesAlone?(request: RequestFacts): boolean
  /** Headers that make the client forget its proof. */
  forgetHeaders?(request: RequestFacts): HeaderFields
}

export interface Callers {
  /**
   * Throws `UNAUTHENTICATED` or `SIGN_IN_REQUIRED` if the route needs an owner and the request proves none, `NOT_FOUND` if
   * it needs an administrator and the request proves none, and `KEY_NOT_ALLOWED` if the API key of the request is not good
   * for the route. `keyScope`: the scope that a key needs. If absent, no key is good enough. A page of which nobody may see
   * anything without signing in has `needsSignIn`.
   */
  decide(
    request: RequestFacts,
    route: { access: Access; locale: Locale; keyScope?: KeyScope | undefined },
  ): Promise<{ caller: Caller | undefined; giveProof?: GiveProof; needsSignIn?: boolean }>
  /** Headers that make the client forget every proof. */
  forgetHeaders(request: RequestFacts): HeaderFields
}

/** Whether an account is that of an administrator who may sign in. Throws what the database throws. */
export type IsAdministrator = (accountId: string) => Promise<boolean>

/** Decides who asks. The first of `authenticators` that identifies somebody wins. Without `isAdministrator` nobody is one. */
export function createCallers(
  authenticators: readonly Authenticator[],
  isAdministrator: IsAdministrator = async () => false,
): Callers {
  const authenticatorsFor = (request: RequestFacts) => {
    const last = authenticators.findIndex(each => each.decidesAlone?.(request))
    return last === -1 ? authenticators : authenticators.slice(0, last + 1)
  }

  async function identify(request: RequestFacts, access: ProvedAccess): Promise<Identified | null> {
    for (const authenticator of authenticatorsFor(request)) {
      const found = await authenticator.identify(request, access)
      if (found) return found
    }
    return null
  }

  /** Whom the request proves. A wrong proof is none. */
  function identifyGuest(request: RequestFacts): Promise<Identified | null> {
    return identify(request, 'known').catch((error: unknown) => {
      if (error instanceof RiachoError && error.code !== 'STORAGE_UNAVAILABLE') return null
      throw error
    })
  }

  async function identifyAdministrator(request: RequestFacts): Promise<Identified> {
    // Another answer to a wrong proof would show that there is such a path.
    const found = await identifyGuest(request)
    const { kind, accountId } = found?.identity ?? {}
    if (!found || kind !== 'account' || accountId === undefined || !(await isAdministrator(accountId)))
      throw new RiachoError('NOT_FOUND', 'not an administrator')
    return found
  }

  return {
    async decide(request, { access, locale, keyScope }) {
      if (access === 'anybody') return { caller: undefined }
      if (access === 'admin') return decided(await identifyAdministrator(request), locale)
      if (access === 'guest') {
        const guest = await identifyGuest(request)
        return guest ? decided(guest, locale) : { caller: undefined }
      }
      const found = await identify(request, access).catch((error: unknown) => {
        if (access === 'page' && isSignInRequired(error)) return 'sign-in' as const
        throw error
      })
      if (found === 'sign-in') return { caller: undefined, needsSignIn: true }
      if (!found) {
        if (access === 'owner') throw new RiachoError('UNAUTHENTICATED')
        return { caller: undefined }
      }
      requireScope(found.identity, keyScope)
      return decided(found, locale)
    },
    forgetHeaders: request =>
      Object.assign({}, ...authenticatorsFor(request).map(({ forgetHeaders }) => forgetHeaders?.(request))),
  }
}

function decided({ identity, giveProof }: Identified, locale: Locale) {
  return { caller: { ...identity, locale }, ...(giveProof && { giveProof }) }
}

function isSignInRequired(error: unknown): boolean {
  return error instanceof RiachoError && error.code === 'SIGN_IN_REQUIRED'
}

function requireScope({ scope }: Identity, needed: KeyScope | undefined): void {
  if (scope === undefined || scope === needed || (scope === 'write' && needed === 'read')) return
  throw new RiachoError('KEY_NOT_ALLOWED')
}

/** Stands last in place of the sessions where nobody may be a visitor. */
export const refuseVisitors: Authenticator = {
  async identify(_request, access) {
    if (access === 'page') return null
    throw new RiachoError('UNAUTHENTICATED')
  },
}
