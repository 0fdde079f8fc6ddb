import type { Clock } from '../../clock.ts'
import type { Database } from '../../database/database.ts'
import {
  beginRenewal,
  dropTokens,
  endRenewal,
  findTokens,
  replaceTokens,
} from '../../database/tools/signIns.ts'
import type { ToolTokensRow } from '../../database/tools/toolRows.ts'
import type { Grant, KeptClients, OAuth } from './oauth.ts'
import type { Seal } from './seal.ts'

/** What a connection proves with that it speaks for a person. */
export interface Credentials {
  /** The token of now. `undefined`: the person has not signed in. */
  token(): Promise<string | undefined>
  /** The last token was refused. True if there is another one now. Throws if nobody can tell. */
  renew(): Promise<boolean>
  /** What the person has granted. */
  scope(): string | undefined
  /** Texts that nobody may read. */
  secrets(): readonly string[]
}

/** How long one node renews tokens at most, in milliseconds: longer than an issuer may take to answer. */
const RENEWAL = 30_000
/** How often the others look whether it has, in milliseconds. */
const LOOK_INTERVAL = 200

export interface CredentialsOptions {
  database: Database
  seal: Seal
  oauth: Pick<OAuth, 'renew'>
  /** Tells the issuer of tokens that nobody can use any more. */
  revoke: (grant: Grant) => void
  clock: Clock
  steadyTime: () => number
  clients: KeptClients
  ownerId: string
  server: string
  /** What the tokens were sealed for. */
  about: string
}

/** Reads the tokens each time, so that a sign-out counts at once, at every node. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const { database, seal, oauth, clients, ownerId, server, about, revoke, clock, steadyTime } = options
  let last: Grant | undefined
  let renewing: Promise<boolean> | undefined

  async function read(): Promise<{ row: ToolTokensRow; grant: Grant } | undefined> {
    const row = await findTokens(database.queries, { owner_id: ownerId, server })
    const text = row && seal.open(row.sealed, about)
    if (!row || text === undefined) return undefined
    return { row, grant: JSON.parse(text) as Grant }
  }

  /** Many issuers take a token to renew by once, so of all nodes and replies one asks, and the others wait for what it gets. */
  async function renew(): Promise<boolean> {
    const refused = last?.tokens.access_token
    for (;;) {
      const found = await read()
      if (!found) return false
      // Another node, or another reply, has renewed them.
      if (found.grant.tokens.access_token !== refused) return true
      const now = steadyTime()
      const times = { now, until: now + RENEWAL }
      const mayAsk = await database.writeFor(ownerId, 'process', queries =>
        beginRenewal(queries, found.row, times),
      )
      if (mayAsk) return askIssuer(found)
      await new Promise<void>(resolve => void clock.schedule(resolve, LOOK_INTERVAL))
    }
  }

  async function askIssuer({ row, grant }: { row: ToolTokensRow; grant: Grant }): Promise<boolean> {
    let renewed: Grant | undefined
    try {
      renewed = await oauth.renew(grant, clients)
    } catch (error) {
      await database.writeFor(ownerId, 'process', queries => endRenewal(queries, row))
      throw error
    }
    if (!renewed) {
      await database.writeFor(ownerId, 'process', queries => dropTokens(queries, row))
      return (await read()) !== undefined
    }
    const sealed = seal.close(JSON.stringify(renewed), about)
    const isStored = await database.writeFor(ownerId, 'power', queries => replaceTokens(queries, row, sealed))
    // The person has signed out or in meanwhile, and what is stored by now counts.
    if (!isStored) revoke(renewed)
    return true
  }

  return {
    async token() {
      last = (await read())?.grant
      return last?.tokens.access_token
    },
    renew() {
      renewing ??= renew().finally(() => {
        renewing = undefined
      })
      return renewing
    },
    scope: () => last?.tokens.scope,
    secrets: () => [last?.tokens.access_token, last?.tokens.refresh_token].filter(each => each !== undefined),
  }
}
