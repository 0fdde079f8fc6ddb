import type { Logger } from 'pino'
import { RiachoError } from '../../../protocol/errors.ts'
import type { ToolServersResponse } from '../../../protocol/responses.ts'
import type { Caller } from '../../access/caller.ts'
import type { RequestFacts } from '../../access/requestFacts.ts'
import { createToken, hashOf } from '../../access/sessionToken.ts'
import type { Clock } from '../../clock.ts'
import type { NetworkSettings } from '../../config/network.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import type { Database } from '../../database/database.ts'
import { isErased } from '../../database/owners.ts'
import { findPause } from '../../database/pauses.ts'
import { findRun } from '../../database/runs.ts'
import {
  deleteTokens,
  insertSignIn,
  listTokens,
  type ReadTokens,
  storeTokens,
  takeSignIn,
} from '../../database/tools/signIns.ts'
import type { PauseRequest, SignInChallenge } from '../../generation/tools.ts'
import { type Credentials, createCredentials } from './credentials.ts'
import { type BegunSignIn, clientMetadataOf, createOAuth, type Grant, type OAuth } from './oauth.ts'
import { createRegistrations, SIGN_IN_MAX_AGE } from './registrations.ts'
import type { Seal } from './seal.ts'

export const CALLBACK_PATH = '/api/chat/tool-servers/callback'
export const CLIENT_PATH = '/api/chat/tool-servers/client'

type HttpServer = ToolServer & { address: { url: string } }

export interface SignInOptions {
  servers: readonly ToolServer[]
  database: Database
  seal: Seal
  network: NetworkSettings | undefined
  /** Origins that people use. */
  publicUrls: readonly string[]
  clock: Clock
  steadyTime: () => number
  logger: Logger
}

export type ToolSignIns = ReturnType<typeof createToolSignIns>

/** Signs people in at servers of tools. Each person has tokens of their own, and nobody but Riacho reads them. */
export function createToolSignIns(options: SignInOptions) {
  const { database, seal, publicUrls, clock, steadyTime, logger } = options
  const issuers = new Map(
    options.servers.flatMap(server => {
      if (!server.signIn || !('url' in server.address)) return []
      const oauth = createOAuth(server as HttpServer, options.network)
      return [[server.name, { server: server as HttpServer, oauth }] as const]
    }),
  )

  /** Where people reach the API that the request came to. */
  function siteOf({ protocol, host, basePath }: RequestFacts): string {
    const own = publicUrls.find(each => new URL(each).host === host) ?? publicUrls[0]
    return `${own ?? `${protocol}://${host}`}${basePath}`
  }

  function factsOf(request: RequestFacts) {
    const site = siteOf(request)
    const documentUrl = `${site}${CLIENT_PATH}`
    return { redirectUri: `${site}${CALLBACK_PATH}`, ...(site.startsWith('https:') && { documentUrl }) }
  }

  const registrationsOf = (server: string, redirectUri: string, ownerId: string) =>
    createRegistrations({ database, seal, clock, steadyTime, server, redirectUri, ownerId })

  /** Tokens are good for the address that they were given for, and for no other that the operator may name later. */
  const aboutTokens = ({ name, address }: HttpServer) => `tokens ${name} ${address.url}`
  /** Tells the issuer, beside everything else. Whatever comes of it, nobody here can use the tokens any more. */
  function revokeAt({ server, oauth }: { server: HttpServer; oauth: OAuth }, grant: Grant): void {
    void oauth.revoke(grant).then(reason => {
      if (reason !== undefined)
        logger.warn({ server: server.name, reason }, 'an issuer could not be told that tokens are not needed')
    })
  }

  /** Tells the issuers of tokens that were deleted. Does not wait for them. */
  function revoke(rows: readonly ReadTokens[]): void {
    for (const { server: name, sealed } of rows) {
      const found = issuers.get(name)
      const text = found && seal.open(sealed, aboutTokens(found.server))
      if (found && text !== undefined) revokeAt(found, JSON.parse(text))
    }
  }

  const aboutSignIn = ({ name, address }: HttpServer) => `sign-in ${name} ${address.url}`

  /** What a paused run of the owner asks. Throws `NOT_FOUND`, `NOT_PENDING`. */
  async function challengeOf(
    ownerId: string,
    { runId, questionId }: { runId: string; questionId: string },
  ): Promise<SignInChallenge> {
    const run = await findRun(database.queries, { id: runId, ownerId })
    const pause = run && (await findPause(database.queries, runId))
    const requests: PauseRequest[] = pause ? JSON.parse(pause.requests) : []
    const question = requests
      .flatMap(each => ('questions' in each ? each.questions : []))
      .find(each => each.questionId === questionId)
    if (!pause || !question?.signIn) throw new RiachoError('NOT_FOUND')
    if (pause.answered_by !== null || pause.declined === 1) throw new RiachoError('NOT_PENDING')
    return question.signIn
  }

  return {
    /** The credentials of an owner at a server. `undefined`: nobody signs in there. */
    credentialsFor(name: string, ownerId: string): Credentials | undefined {
      const found = issuers.get(name)
      if (!found) return undefined
      const { server, oauth } = found
      // What is forgotten is the same whatever the address of the request was.
      const clients = registrationsOf(name, '', ownerId)
      return createCredentials({
        database,
        seal,
        oauth,
        revoke: grant => revokeAt(found, grant),
        clock,
        steadyTime,
        clients,
        ownerId,
        server: name,
        about: aboutTokens(server),
      })
    },

    /**
     * Begins what a question asks for: gives the address at which the person signs in. Throws `NOT_FOUND`, `NOT_PENDING`,
     * `ISSUER_UNAVAILABLE`, and `FORBIDDEN` where a bearer proves who asks, because the browser that comes back brings none.
     */
    async begin(
      { request, caller }: { request: RequestFacts; caller: Caller },
      question: { runId: string; questionId: string },
    ): Promise<{ url: string }> {
      const challenge = await challengeOf(caller.ownerId, question)
      if (/^bearer /i.test(request.header('authorization') ?? '')) throw new RiachoError('FORBIDDEN')
      const found = issuers.get(challenge.server)
      if (!found) throw new RiachoError('NOT_FOUND')
      const { server, oauth } = found
      const facts = factsOf(request)
      const state = createToken()
      const clients = registrationsOf(server.name, facts.redirectUri, caller.ownerId)
      const { url, begun } = await oauth.begin(challenge, { facts, state, clients })
      const row = {
        key: hashOf(state),
        owner_id: caller.ownerId,
        session_id: caller.sessionId ?? null,
        server: server.name,
        sealed: seal.close(JSON.stringify(begun), aboutSignIn(server)),
        expires_at: steadyTime() + SIGN_IN_MAX_AGE,
      }
      await database.writeFor(caller.ownerId, 'power', async queries => {
        if (await isErased(queries, caller.ownerId))
          throw new RiachoError('NOT_FOUND', 'the owner was erased')
        await insertSignIn(queries, row, steadyTime())
      })
      return { url }
    },

    /**
     * Ends it: the person came back with the answer of the issuer. It is taken once, and from the browser alone that began it.
     * Gives the name of the server. Throws `NOT_FOUND`, `SIGN_IN_FAILED`.
     */
    async finish(caller: Caller | undefined, answer: URLSearchParams): Promise<{ server: string }> {
      if (!caller) throw new RiachoError('NOT_FOUND')
      const { ownerId, sessionId } = caller
      const key = hashOf(answer.get('state') ?? '')
      const row = await database.writeFor(ownerId, 'power', queries =>
        takeSignIn(queries, { key, ownerId, sessionId, now: steadyTime() }),
      )
      const found = row && issuers.get(row.server)
      const text = found && seal.open(row.sealed, aboutSignIn(found.server))
      if (text === undefined || !found) throw new RiachoError('NOT_FOUND')
      const { server, oauth } = found
      const begun = JSON.parse(text) as BegunSignIn
      const grant = await oauth.finish(
        begun,
        answer,
        registrationsOf(server.name, begun.redirectUri, ownerId),
      )
      const sealed = seal.close(JSON.stringify(grant), aboutTokens(server))
      await database.writeFor(ownerId, 'power', async queries => {
        if (await isErased(queries, ownerId)) throw new RiachoError('NOT_FOUND', 'the owner was erased')
        const tokens = { owner_id: ownerId, server: server.name, sealed, created_at: clock.now() }
        await storeTokens(queries, tokens)
      })
      return { server: server.name }
    },

    /** The servers at which people sign in, and whether this one has. */
    async list({ ownerId }: Caller): Promise<ToolServersResponse> {
      const rows = issuers.size === 0 ? [] : await listTokens(database.queries, ownerId)
      const servers = [...issuers.values()].map(({ server }) => {
        const row = rows.find(each => each.server === server.name)
        const isGood = row !== undefined && seal.open(row.sealed, aboutTokens(server)) !== undefined
        return { name: server.name, signedInAt: isGood ? row.created_at : null }
      })
      return { servers }
    },

    revoke,

    /** Forgets the tokens, and tells the issuer. Throws `NOT_FOUND` if there are none. */
    async signOut({ ownerId }: Caller, name: string): Promise<void> {
      const deleted = await database.writeFor(ownerId, 'power', queries =>
        deleteTokens(queries, { owner_id: ownerId, server: name }),
      )
      if (!deleted) throw new RiachoError('NOT_FOUND')
      revoke([deleted])
    },

    /** What issuers read that know Riacho by an address. Throws `NOT_FOUND` where none can. */
    clientDocument(request: RequestFacts): object {
      const { redirectUri, documentUrl } = factsOf(request)
      if (issuers.size === 0 || documentUrl === undefined) throw new RiachoError('NOT_FOUND')
      return { client_id: documentUrl, ...clientMetadataOf(redirectUri) }
    },

    async close(): Promise<void> {
      await Promise.all([...issuers.values()].map(({ oauth }) => oauth.close()))
    },
  }
}
