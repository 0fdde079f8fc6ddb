import { useCallback, useEffect, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { readToolServers, signOutOfToolServer } from '../../../client/chat/toolQuestions.ts'
import type { ToolServerSignIn } from '../../../protocol/responses.ts'
import { SureButton } from '../controls/sureButton.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { useFailure } from './useFailure.ts'

interface ToolServers {
  /** Those at which the person has signed in. */
  servers: readonly ToolServerSignIn[]
  failure: Failure | null
  /** Gives whether it is done. */
  signOut(server: ToolServerSignIn): Promise<boolean>
}

/** The servers of tools at which the person has signed in. A failure to read them hides the section, because most people have none. */
export function useToolServers(client: ChatClient): ToolServers {
  const [servers, setServers] = useState<readonly ToolServerSignIn[]>([])
  const { failure, tellFailure } = useFailure(client)
  const read = useCallback(async () => {
    const result = await readToolServers(client)
    if (result.ok) setServers(result.value.servers.filter(({ signedInAt }) => signedInAt !== null))
  }, [client])
  useEffect(() => void read(), [read])
  return {
    servers,
    failure,
    async signOut(server) {
      const result = await signOutOfToolServer(client, server.name)
      tellFailure(result.ok ? null : result.failure)
      if (result.ok)
        setServers(known => known.map(each => (each === server ? { ...each, signedInAt: null } : each)))
      return result.ok
    },
  }
}

/** Lets a person sign out of servers of tools. */
export function ToolServerList({ toolServers }: { toolServers: ToolServers }) {
  const t = useTranslations()
  const format = useFormatter()
  const list = useRef<HTMLDivElement>(null)
  const [said, setSaid] = useState('')
  const { servers, failure, signOut } = toolServers
  // The list gets the focus, because the pressed button disappears.
  const leave = async (server: ToolServerSignIn) => {
    setSaid('')
    if (!(await signOut(server))) return
    setSaid(t('toolServers.signedOut', { server: server.name }))
    list.current?.focus()
  }
  return (
    <div ref={list} tabIndex={-1} className="rounded outline-offset-4">
      <p className="text-muted text-sm">{t('toolServers.body')}</p>
      <p role="status" className="sr-only">
        {said}
      </p>
      <FailureNote failure={failure} />
      <ul className="mt-1 divide-y divide-line">
        {servers.map(server => (
          <li key={server.name} className="flex min-h-12 items-center gap-1 py-1">
            <div className="min-w-0 flex-1 text-sm">
              <p className="truncate">{server.name}</p>
              <p className="text-muted text-xs">
                {server.signedInAt === null
                  ? t('toolServers.left')
                  : t('toolServers.since', {
                      date: format.dateTime(new Date(server.signedInAt), { dateStyle: 'medium' }),
                    })}
              </p>
            </div>
            {server.signedInAt !== null && (
              <SureButton
                shape="quiet"
                className="text-danger!"
                text={t('toolServers.signOut')}
                sure={t('toolServers.signOutSure')}
                about={server.name}
                onSure={() => leave(server)}
              />
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
