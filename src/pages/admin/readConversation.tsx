import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type { AdminConversationResponse } from '../../protocol/admin/adminResponses.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { FIELD, Part } from './adminParts.tsx'
import { PlainMessages } from './plainMessages.tsx'
import { callAdmin } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i

/** Reads a conversation of somebody by its link or its id. Its owner is told. */
export function ReadConversation() {
  const texts = useAdminTexts()
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isWrong, setWrong] = useState(false)
  const [read, setRead] = useState<AdminConversationResponse | null>(null)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const [id] = UUID.exec(String(new FormData(event.currentTarget).get('conversation'))) ?? []
    setWrong(!id)
    setRead(null)
    setFailure(null)
    if (!id) return
    const path = ADMIN_PATHS.readConversation(id)
    const result = await callAdmin<AdminConversationResponse>({ method: 'POST', path })
    setFailure(result.ok ? null : result.failure)
    if (result.ok) setRead(result.value)
  }
  return (
    <Part title={texts.readTitle}>
      <p className="mt-1 text-muted text-sm">{texts.readBody}</p>
      <form className="mt-2 flex flex-wrap items-end gap-2" onSubmit={submit}>
        <label className="min-w-0 flex-1 basis-60 text-sm">
          {texts.readWhich}
          <input
            name="conversation"
            required
            autoComplete="off"
            maxLength={500}
            aria-invalid={isWrong}
            className={FIELD}
          />
        </label>
        <Button shape="secondary" type="submit" className="h-11">
          {texts.readNow}
        </Button>
      </form>
      <p role="status" className="mt-2 min-h-6 text-sm">
        {isWrong && <span className="text-danger">{texts.readWrong}</span>}
        {read && texts.readTold}
      </p>
      <FailureNote failure={failure} />
      {read && <Conversation read={read} />}
    </Part>
  )
}

function Conversation({
  read: { email, ownerId, title, assistant, createdAt, messages },
}: {
  read: AdminConversationResponse
}) {
  const t = useTranslations()
  const format = useAdminFormat()
  return (
    <article className="mt-2 rounded-xl border border-line bg-surface px-4 py-4">
      <h3 dir="auto" className="break-words font-semibold text-lg">
        {title || t('list.untitled')}
      </h3>
      <p className="break-words text-muted text-sm">
        {email ?? ownerId} · {assistant} · {format.time(createdAt)}
      </p>
      <PlainMessages messages={messages} name={assistant} />
    </article>
  )
}
