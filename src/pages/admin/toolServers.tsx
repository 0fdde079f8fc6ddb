import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type { AdminToolServer, AdminToolServersResponse } from '../../protocol/admin/adminResponses.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { Empty, Loaded } from './adminParts.tsx'
import { useAdminData } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** The servers of tools, as the node that answers sees them. */
export function ToolServers() {
  const texts = useAdminTexts()
  const data = useAdminData<AdminToolServersResponse>(ADMIN_PATHS.toolServers)
  return (
    <>
      <p className="mt-1 text-muted">{texts.toolServersBody}</p>
      <Loaded data={data}>
        {({ servers }) =>
          servers.length === 0 ? (
            <Empty>{texts.noToolServers}</Empty>
          ) : (
            <>
              <ul className="mt-4 space-y-2">
                {servers.map(server => (
                  <Server key={server.name} server={server} />
                ))}
              </ul>
              <Button shape="secondary" className="mt-4" onClick={data.read}>
                {texts.readAgain}
              </Button>
            </>
          )
        }
      </Loaded>
    </>
  )
}

function Server({ server }: { server: AdminToolServer }) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const { name, transport, isPersonal, state, since, reason, tools, changed } = server
  const facts = [
    texts.toolTransports[transport],
    isPersonal && texts.toolsPersonal,
    state === 'ready' && texts.toolsCounted(tools),
    since !== null && texts.toolsSince(format.time(since)),
  ]
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="min-w-0 break-all font-semibold">{name}</h2>
        <p className={state === 'unreachable' ? 'text-danger text-sm' : 'text-sm'}>
          {texts.toolStates[state]}
        </p>
      </div>
      <p className="text-muted text-sm">{facts.filter(Boolean).join(' · ')}</p>
      {reason !== null && (
        <p dir="auto" className="mt-1 break-words text-danger text-sm">
          {reason}
        </p>
      )}
      {changed.length > 0 && (
        <p className="mt-1 text-sm">
          {texts.toolsChanged} <span className="break-all">{changed.join(', ')}</span>
        </p>
      )}
    </li>
  )
}
