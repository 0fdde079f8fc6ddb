import { identityOf } from '../server/access/hostOwner.ts'
import { listOwners } from '../server/database/owners.ts'
import type { Queries } from '../server/database/schema.ts'
import type { Drop, ImportedConversation } from '../server/importing/importedConversation.ts'
import type { ImportCommand } from './importCommand.ts'
import { ImportProblem } from './importProblem.ts'

export type OwnerOf = (conversation: ImportedConversation, drop: Drop) => string | null

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/**
 * Whose the conversations become. A named owner gets all. Otherwise the people that the source names get theirs, or the
 * only owner of the database gets all. `queries` is absent in a dry run, which does not open the database. Throws
 * `ImportProblem`.
 */
export async function ownerFor(
  { owner, visitor }: Pick<ImportCommand, 'owner' | 'visitor'>,
  { hasPeople, queries }: { hasPeople: boolean; queries?: Queries | undefined },
): Promise<OwnerOf> {
  if (owner !== undefined) return always(hostOwner(owner))
  if (visitor !== undefined) return always(visitorIn(visitor))
  if (hasPeople) return ownPerson
  if (!queries) return always('')
  const [only, ...others] = await listOwners(queries, { limit: 2 })
  if (only && others.length === 0) return always(only.id)
  throw new ImportProblem(only ? MANY_OWNERS : NO_OWNER)
}

const HOW = `For a visitor, open the page, copy the value of the cookie riacho_session from the developer tools of the browser (Application or Storage, Cookies), and add --visitor <value>. For a person of your app, add --owner <id>.`
const MANY_OWNERS = `This database has conversations of more than one owner, so say whose these become. ${HOW}`
const NO_OWNER = `This database has no conversation yet, so say whose these become. ${HOW}`

function always(ownerId: string): OwnerOf {
  return () => ownerId
}

function hostOwner(id: string): string {
  try {
    return identityOf(id).ownerId
  } catch (error) {
    throw new ImportProblem(`--owner: ${error instanceof Error ? error.message : error}`)
  }
}

/** The owner whom a cookie names, before the signature. The operator has the database, so the signature proves nothing. */
function visitorIn(cookie: string): string {
  const id = cookie.replace(/^riacho_session=/, '').split('.')[0] ?? ''
  if (!UUID.test(id))
    throw new ImportProblem(
      '--visitor: expected the value of the cookie riacho_session, which begins with an id.',
    )
  return id
}

function ownPerson({ person }: ImportedConversation, drop: Drop): string | null {
  if (person !== null && person.length <= 255) return identityOf(person).ownerId
  drop('a conversation that names no person: import again with --owner for these')
  return null
}
