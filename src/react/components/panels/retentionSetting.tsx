import { useCallback, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { chooseRetention, readRetention } from '../../../client/chat/conversations/chooseRetention.ts'
import type { Retention } from '../../../protocol/responses.ts'
import { FailureNote } from '../messages/failureNote.tsx'
import { Choices } from './settingFields.tsx'
import { useFailure } from './useFailure.ts'

/** Days that the page offers. */
const OFFERED = [30, 90, 365]
const NEVER = 'never'

interface Known {
  /** `null` until it is read. */
  retention: Retention | null
  failure: Failure | null
  choose(days: number | null): void
}

function useRetention(client: ChatClient): Known {
  const [retention, setRetention] = useState<Retention | null>(null)
  const { failure, setFailure, tellFailure } = useFailure(client)
  const read = useCallback(async () => {
    const result = await readRetention(client)
    if (result.ok) setRetention(result.value.retention)
    else setFailure(result.failure)
  }, [client, setFailure])
  useEffect(() => void read(), [read])
  const choose = async (days: number | null) => {
    // The choice is shown at once, and taken back if the server refuses it.
    setRetention(known => known && { ...known, days })
    const result = await chooseRetention(client, days)
    tellFailure(result.ok ? null : result.failure)
    if (!result.ok) setRetention(retention)
  }
  return { retention, failure, choose }
}

/** After how many days without a touch the conversations of the person are deleted. */
export function RetentionSetting({ client }: { client: ChatClient }) {
  const t = useTranslations()
  const { retention, failure, choose } = useRetention(client)
  const { days = null, maxDays = null } = retention ?? {}
  const offered = OFFERED.filter(one => maxDays === null || one < maxDays)
  // What another client chose.
  if (days !== null && !offered.includes(days)) offered.push(days)
  const longest = maxDays === null ? t('retention.never') : t('retention.after', { days: maxDays })
  const choices = [
    ...offered
      .toSorted((one, other) => one - other)
      .map(one => ({ value: String(one), name: t('retention.after', { days: one }) })),
    { value: NEVER, name: longest },
  ]
  return (
    <div data-retention>
      {retention ? (
        <Choices
          name={t('retention.title')}
          choices={choices}
          chosen={days === null ? NEVER : String(days)}
          onChoose={value => choose(value === NEVER ? null : Number(value))}
        />
      ) : (
        <p className="text-sm">{t('retention.title')}</p>
      )}
      <FailureNote failure={failure} />
      <p className="mt-1 text-muted text-sm">
        {maxDays !== null && `${t('retention.server', { days: maxDays })} `}
        {t('retention.body')}
      </p>
    </div>
  )
}
