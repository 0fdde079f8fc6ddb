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
  const nobodyOf = (action: AuditLine['action']) =>
    action.startsWith('issuer-') ? texts.byIssuer : texts.byCommand
  const actorOf = ({ actor, action }: AuditLine) => (actor ? (actor.email ?? texts.erased) : nobodyOf(action))
  const roles: Record<string, string> = texts.roles
  const wordsOf = ({ action, detail }: AuditLine) =>
    action === 'account-role' || action === 'issuer-role'
      ? detail
          ?.split(' ')
          .map(word => roles[word] ?? word)
          .join(' → ')
      : detail
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
                  [texts.actions[line.action], wordsOf(line)].filter(Boolean).join(': '),
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
