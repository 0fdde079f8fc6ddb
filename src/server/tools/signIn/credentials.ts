import type { Database } from '../../database/database.ts'
import { dropTokens, findTokens, replaceTokens } from '../../database/tools/signIns.ts'
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

export interface CredentialsOptions {
  database: Database
  seal: Seal
  oauth: Pick<OAuth, 'renew'>
  clients: KeptClients
  ownerId: string
  server: string
  /** What the tokens were sealed for. */
  about: string
}

/** Reads the tokens each time, so that a sign-out counts at once, at every node. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const { database, seal, oauth, clients, ownerId, server, about } = options
  let last: Grant | undefined
  let renewing: Promise<boolean> | undefined

  async function read(): Promise<{ row: ToolTokensRow; grant: Grant } | undefined> {
    const row = await findTokens(database.queries, { owner_id: ownerId, server })
    const text = row && seal.open(row.sealed, about)
    if (!row || text === undefined) return undefined
    return { row, grant: JSON.parse(text) as Grant }
  }

  async function renew(): Promise<boolean> {
    const refused = last?.tokens.access_token
    const found = await read()
    if (!found) return false
    // Another node, or another reply, has renewed them.
    if (found.grant.tokens.access_token !== refused) return true
    const renewed = await oauth.renew(found.grant, clients)
    if (!renewed) {
      await database.writeFor(ownerId, 'process', queries => dropTokens(queries, found.row))
      return (await read()) !== undefined
    }
    const sealed = seal.close(JSON.stringify(renewed), about)
    // If others are stored by now, they count.
    await database.writeFor(ownerId, 'power', queries => replaceTokens(queries, found.row, sealed))
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
