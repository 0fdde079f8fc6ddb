import type { OAuthClientInformation } from '@modelcontextprotocol/client'
import type { Clock } from '../../clock.ts'
import type { Database } from '../../database/database.ts'
import {
  deleteClient,
  findClient,
  hasBegunSince,
  listClients,
  replaceClient,
  storeClient,
} from '../../database/tools/signIns.ts'
import type { ToolClientRow } from '../../database/tools/toolRows.ts'
import type { KeptClients } from './oauth.ts'
import type { Seal } from './seal.ts'

/** How long a person may take at the issuer, in milliseconds. */
export const SIGN_IN_MAX_AGE = 10 * 60 * 1000
/** A registration is not doubted before it is so old, in milliseconds. So whoever leaves again and again registers Riacho this often at most. */
const YOUNG = SIGN_IN_MAX_AGE

/** A registration as it is stored, with times by the steady time. */
interface Registration {
  client: OAuthClientInformation
  /** `null`: stored before there was this time. */
  registeredAt: number | null
  /** When the first person went to the issuer of all who went since the last one came back. `null`: nobody went. */
  leftAt: number | null
}

export interface RegistrationsOptions {
  database: Database
  seal: Seal
  clock: Pick<Clock, 'now'>
  steadyTime: () => number
  server: string
  redirectUri: string
  /** Who signs in. */
  ownerId: string
}

type Kept = { row: ToolClientRow; registration: Registration }

/**
 * The registrations of Riacho at the issuers of one server. An issuer that has forgotten one says so to the person, on a page from
 * which nobody comes back, and not to Riacho. So a registration is in doubt if a person who did not come back tries again, or if
 * nobody at all came back in time.
 */
export function createRegistrations(options: RegistrationsOptions): KeptClients {
  const { database, seal, clock, steadyTime, server, redirectUri, ownerId } = options

  function open(row: ToolClientRow): Registration | undefined {
    const text = seal.open(row.sealed, about(row.redirect_uri))
    if (text === undefined) return undefined
    const stored = JSON.parse(text) as Registration | OAuthClientInformation
    return 'client' in stored ? stored : { client: stored, registeredAt: null, leftAt: null }
  }

  const about = (uri: string) => `client ${server} ${uri}`
  const close = (registration: Registration) => seal.close(JSON.stringify(registration), about(redirectUri))

  async function find(issuer: string): Promise<Kept | undefined> {
    const row = await findClient(database.queries, { server, issuer, redirect_uri: redirectUri })
    const registration = row && open(row)
    return row && registration && { row, registration }
  }

  /** If somebody else has changed it meanwhile, that counts. */
  async function change({ row, registration }: Kept, leftAt: number | null): Promise<void> {
    if (registration.leftAt === leftAt) return
    const sealed = close({ ...registration, leftAt })
    await database.write('process', queries => replaceClient(queries, row, sealed))
  }

  async function isDoubtful({ registeredAt, leftAt }: Registration, now: number): Promise<boolean> {
    if (leftAt === null || now < (registeredAt ?? 0) + YOUNG) return false
    if (now > leftAt + SIGN_IN_MAX_AGE) return true
    const since = leftAt + SIGN_IN_MAX_AGE
    return hasBegunSince(database.queries, { owner_id: ownerId, server, expires_at: since })
  }

  return {
    async use(issuer) {
      const kept = await find(issuer)
      if (!kept || isExpired(kept.registration.client, clock.now())) return undefined
      const now = steadyTime()
      if (await isDoubtful(kept.registration, now)) return undefined
      await change(kept, kept.registration.leftAt ?? now)
      return kept.registration.client
    },

    async store(issuer, client) {
      const now = steadyTime()
      const sealed = close({ client, registeredAt: now, leftAt: now })
      const row = { server, issuer, redirect_uri: redirectUri, sealed }
      await database.write('process', queries => storeClient(queries, row))
    },

    async proved(issuer, { client_id }) {
      const kept = await find(issuer)
      if (kept?.registration.client.client_id === client_id) await change(kept, null)
    },

    async forget(issuer, { client_id }) {
      const rows = await listClients(database.queries, { server, issuer })
      for (const row of rows)
        if (open(row)?.client.client_id === client_id)
          await database.write('process', queries => deleteClient(queries, row))
    },
  }
}

/** Whether its secret ends before a person who leaves now has to be back. */
function isExpired(client: OAuthClientInformation, now: number): boolean {
  // In seconds since 1970. 0: never.
  const { client_secret_expires_at: end } = client
  return end !== undefined && end !== 0 && end * 1000 <= now + SIGN_IN_MAX_AGE
}
