import type { AuditQuery } from '../../protocol/admin/adminRequests.ts'
import type { AuditResponse } from '../../protocol/admin/adminResponses.ts'
import { decodeCursor, encodeCursor } from '../conversations/pageCursor.ts'
import { listInvited } from '../database/accounts/invitations.ts'
import {
  type Audited,
  listAuditLines,
  type StoredAuditLine,
  writeAuditLine,
} from '../database/administration/audit.ts'
import { listAccountsOf } from '../database/administration/people.ts'
import type { Database } from '../database/database.ts'
import type { Queries } from '../database/schema.ts'

/** Writes down what is no write of the database itself. */
export type Audit = (line: Omit<Audited, 'at'>) => Promise<void>

export interface AuditTrailOptions {
  database: Pick<Database, 'queries' | 'write'>
  /** The time that all nodes share. */
  steadyTime: () => number
}

/** `number` of the last line of a page. */
const CURSOR = /^(\d{1,16})$/

/** What administrators did, by whom and when. */
export function createAuditTrail({ database, steadyTime }: AuditTrailOptions) {
  async function list({ cursor, limit }: AuditQuery): Promise<AuditResponse> {
    const before = cursor === undefined ? undefined : Number(decodeCursor(cursor, CURSOR)[0])
    const rows = await listAuditLines(database.queries, { before, limit: limit + 1 })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const emails = await emailsOf(database.queries, page)
    return {
      lines: page.map(({ at, actor_id, action, subject, detail }) => ({
        at,
        actor: actor_id === null ? null : { accountId: actor_id, email: emails.ofAccount(actor_id) },
        action,
        subject,
        subjectEmail: emails.ofSubject(subject),
        detail,
      })),
      nextCursor: rows.length > limit && last ? encodeCursor([last.number]) : null,
    }
  }

  const audit: Audit = line =>
    database.write('power', queries => writeAuditLine(queries, { ...line, at: steadyTime() }))

  return { list, audit }
}

/** The addresses of those whom lines name, by three queries. */
async function emailsOf(queries: Queries, lines: readonly StoredAuditLine[]) {
  const subjects = [...new Set(lines.map(({ subject }) => subject))]
  const [actors, owners, invited] = await Promise.all([
    listAccountsOf(queries, { ids: lines.flatMap(({ actor_id }) => actor_id ?? []) }),
    listAccountsOf(queries, { ownerIds: subjects }),
    listInvited(queries, subjects),
  ])
  const byId = new Map(actors.map(({ id, email }) => [id, email]))
  const byOwner = new Map(owners.map(({ owner_id, email }) => [owner_id, email]))
  return {
    ofAccount: (id: string) => byId.get(id) ?? null,
    ofSubject: (id: string) => byOwner.get(id) ?? invited.get(id) ?? null,
  }
}
