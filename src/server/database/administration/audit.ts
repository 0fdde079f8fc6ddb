import type { AuditAction } from '../../../protocol/admin/adminResponses.ts'
import type { Queries } from '../schema.ts'
import type { AuditRow } from './administrationRows.ts'

/** What an administrator did. */
export interface Audited {
  at: number
  /** The account. `null`: a command of the operator. */
  actorId: string | null
  action: AuditAction
  /**
   * On whom, or on what: the id of an owner, of an invitation or of an assistant, or the name of a group. Never an address, because no
   * line is erased.
   */
  subject: string
  detail?: string
}

/** Call it in the transaction of what it tells of. */
export async function writeAuditLine(queries: Queries, line: Audited): Promise<void> {
  const { at, actorId, action, subject, detail = null } = line
  await queries.insertInto('audit').values({ at, actor_id: actorId, action, subject, detail }).execute()
}

export type StoredAuditLine = Omit<AuditRow, 'number'> & { number: number }

/** The lines before the line `before`, the last one first. */
export function listAuditLines(
  queries: Queries,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<StoredAuditLine[]> {
  return queries
    .selectFrom('audit')
    .select(['number', 'at', 'actor_id', 'action', 'subject', 'detail'])
    .$if(before !== undefined, query => query.where('number', '<', before ?? 0))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
}
