import type { Queries } from '../schema.ts'
import type { InvitationRow } from './accountRows.ts'

const COLUMNS = [
  'id',
  'email',
  'role',
  'invited_by',
  'created_at',
  'expires_at',
  'used_at',
  'revoked_at',
] as const satisfies readonly (keyof InvitationRow)[]

export type ListedInvitation = Pick<InvitationRow, (typeof COLUMNS)[number]>

/** The invitations before the id `before`, the last one first. */
export function listInvitations(
  queries: Queries,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<ListedInvitation[]> {
  return queries
    .selectFrom('account_tokens')
    .select(COLUMNS)
    .where('id', 'is not', null)
    .$if(before !== undefined, query => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .$narrowType<ListedInvitation>()
    .execute()
}

/** Nobody can use it from then on. False if there is none, or if it has ended. */
export async function revokeInvitation(
  queries: Queries,
  { id, now }: { id: string; now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('account_tokens')
    .set({ used_at: now, revoked_at: now })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** For whom invitations are, by their ids. Those that are swept are missing. */
export async function listInvited(queries: Queries, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await queries
    .selectFrom('account_tokens')
    .select(['id', 'email'])
    .where('id', 'in', ids)
    .$narrowType<Pick<InvitationRow, 'id' | 'email'>>()
    .execute()
  return new Map(rows.map(({ id, email }) => [id, email]))
}
