import { isUuid } from '../protocol/isUuid.ts'
import { identityOf, isPersonId } from '../server/access/hostOwner.ts'
import { hashOf, isToken } from '../server/access/sessionToken.ts'
import { listOwners } from '../server/database/owners.ts'
import type { Queries } from '../server/database/schema.ts'
import { findSession } from '../server/database/sessions.ts'
import type { Drop, ImportedConversation } from '../server/importing/importedConversation.ts'
import type { ImportCommand } from './importCommand.ts'
import { ImportProblem } from './importProblem.ts'

export type OwnerOf = (conversation: ImportedConversation, drop: Drop) => string | null

/**
 * Whose the conversations become. If the source names people, each gets theirs, and the owner that the command names gets
 * those of nobody. `ignoresPeople` gives that owner all of them. Of a source without people, the named owner gets all, or
 * else the only owner of the database. `queries` is absent in a dry run, which does not open the database. Throws
 * `ImportProblem`.
 */
export async function ownerFor(
  command: Pick<ImportCommand, 'owner' | 'visitor' | 'ignoresPeople'>,
  { hasPeople, queries }: { hasPeople: boolean; queries?: Queries | undefined },
): Promise<OwnerOf> {
  const named = await namedOwner(command, queries)
  if (hasPeople && !command.ignoresPeople) return ownPerson(named)
  if (named !== null) return always(named)
  if (!queries) return always('')
  const [only, ...others] = await listOwners(queries, { limit: 2 })
  if (only && others.length === 0) return always(only.id)
  throw new ImportProblem(only ? MANY_OWNERS : NO_OWNER)
}

const HOW = `For a visitor, open the page, copy the value of the cookie riacho_session (over https __Host-riacho_session) from the developer tools of the browser (Application or Storage, Cookies), and add --visitor <value>. For a person of your app, add --owner <id>.`
const MANY_OWNERS = `This database has conversations of more than one owner, so say whose these become. ${HOW}`
const NO_OWNER = `This database has no conversation yet, so say whose these become. ${HOW}`

function always(ownerId: string): OwnerOf {
  return () => ownerId
}

async function namedOwner(
  { owner, visitor }: Pick<ImportCommand, 'owner' | 'visitor'>,
  queries: Queries | undefined,
): Promise<string | null> {
  if (owner !== undefined) return hostOwner(owner)
  return visitor === undefined
    ? null
    : await visitorOf(visitor.replace(/^(__Host-)?riacho_session=/, ''), queries)
}

function hostOwner(id: string): string {
  try {
    return identityOf(id).ownerId
  } catch (error) {
    throw new ImportProblem(`--owner: ${error instanceof Error ? error.message : error}`)
  }
}

/**
 * The owner of a session cookie. The cookie of an earlier version names the owner before its signature. The operator has the
 * database, so the signature proves nothing. In a dry run nobody can tell whose a token is.
 */
async function visitorOf(cookie: string, queries: Queries | undefined): Promise<string> {
  const id = cookie.split('.')[0] ?? ''
  if (isUuid(id)) return id
  if (!isToken(cookie)) throw new ImportProblem('--visitor: expected the value of the cookie riacho_session.')
  if (!queries) return ''
  const session = await findSession(queries, hashOf(cookie))
  if (session) return session.owner_id
  throw new ImportProblem(
    '--visitor: this database knows no such cookie. Copy its value again from their browser.',
  )
}

function ownPerson(ofNobody: string | null): OwnerOf {
  return ({ person }, drop) => {
    if (person === null) {
      if (ofNobody === null) drop('a conversation that names no person: import again with --owner for these')
      return ofNobody
    }
    if (isPersonId(person)) return identityOf(person).ownerId
    drop('a conversation of a person whose id no app can give')
    return null
  }
}
