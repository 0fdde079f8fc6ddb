import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type { AuditLine, AuditResponse } from '../../protocol/admin/adminResponses.ts'
import { DataTable, Empty, Loaded, More } from './adminParts.tsx'
import { useAdminPages } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** What administrators did. */
export function AuditTrail() {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const pages = useAdminPages<AuditLine, AuditResponse>(ADMIN_PATHS.audit, ({ lines }) => lines)
  const actorOf = ({ actor }: AuditLine) => (actor ? (actor.email ?? texts.erased) : texts.byCommand)
  const roles: Record<string, string> = texts.roles
  const wordsOf = (detail: string | null) =>
    detail
      ?.split(' ')
      .map(word => roles[word] ?? word)
      .join(' → ')
  return (
    <>
      <p className="mt-1 text-muted">{texts.auditBody}</p>
      <Loaded data={pages}>
        {lines =>
          lines.length === 0 ? (
            <Empty>{texts.noAudit}</Empty>
          ) : (
            <DataTable
              caption={texts.sections.audit}
              head={[texts.when, texts.who, texts.what, texts.onWhom]}
              rows={lines.map((line, index) => ({
                key: `${lines.length - index}`,
                cells: [
                  format.time(line.at),
                  actorOf(line),
                  [texts.actions[line.action], wordsOf(line.detail)].filter(Boolean).join(': '),
                  line.subjectEmail ?? (line.subject || texts.none),
                ],
              }))}
            />
          )
        }
      </Loaded>
      <More pages={pages} />
    </>
  )
}
