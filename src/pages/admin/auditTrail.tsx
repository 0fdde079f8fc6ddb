import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type { AuditLine, AuditResponse } from '../../protocol/admin/adminResponses.ts'
import { Empty, Facts, Loaded, More } from './adminParts.tsx'
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
  const detailOf = (action: AuditLine['action'], detail: string) => {
    const [first = '', second = ''] = detail.split(' ')
    const role = roles[first] ?? first
    if (action === 'account-role' || action === 'issuer-role') return `${role} → ${roles[second] ?? second}`
    if (action === 'account-invite') return texts.invitedAs(role, format.time(Number(second)))
    return action === 'account-join' ? role : detail
  }
  return (
    <>
      <p className="mt-1 text-muted">{texts.auditBody}</p>
      <Loaded data={pages}>
        {lines =>
          lines.length === 0 ? (
            <Empty>{texts.noAudit}</Empty>
          ) : (
            <ol
              aria-label={texts.sections.audit}
              className="mt-3 divide-y divide-line rounded-xl border border-line bg-surface px-4"
            >
              {lines.map((line, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line has no id, and is never changed
                <li key={lines.length - index} className="py-3">
                  <p className="break-words text-sm">
                    <span className="font-medium">{texts.actions[line.action]}</span>
                    {line.detail !== null && `: ${detailOf(line.action, line.detail)}`}
                  </p>
                  <Facts
                    facts={[
                      [texts.when, format.time(line.at)],
                      [texts.who, actorOf(line)],
                      [texts.onWhom, line.subjectEmail ?? (line.subject || texts.none)],
                    ]}
                  />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      <More pages={pages} />
    </>
  )
}
