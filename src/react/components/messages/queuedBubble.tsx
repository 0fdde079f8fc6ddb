import { Pencil, Send, Trash2 } from 'lucide-react'
import { memo } from 'react'
import { useTranslations } from 'use-intl'
import type { Editing, NamedMessage } from '../../../client/chat/chatState.ts'
import { composeParts } from '../../../protocol/parts.ts'
import { IconButton } from '../controls/iconButton.tsx'
import { EditField } from './editField.tsx'
import type { MessageActions } from './messageActions.ts'
import { UserParts } from './userParts.tsx'

interface QueuedBubbleProps {
  message: NamedMessage
  /** It waits for a person, who may send it now. */
  isHeld: boolean
  canSend: boolean
  editing: Editing | null
  actions: MessageActions
}

/** A message that goes out after the reply being written. */
export const QueuedBubble = memo(function QueuedBubble(props: QueuedBubbleProps) {
  const { message, isHeld, canSend, editing, actions } = props
  const { clientMessageId: id } = message
  const t = useTranslations()
  if (editing) {
    return (
      <EditField
        message={editing}
        held={null}
        saveLabel={t('edit.keep')}
        onChange={actions.setEdited}
        onSave={actions.saveEdit}
        onCancel={() => actions.cancelEdit(id)}
      />
    )
  }
  return (
    <div className="flex flex-col items-end">
      <h2 className="sr-only">{t('queue.heading')}</h2>
      <div className="flex max-w-[85%] flex-col items-end gap-2">
        <UserParts parts={composeParts(message)} isQueued />
      </div>
      <div className="-mr-2 mt-1 flex flex-wrap items-center justify-end">
        <p className="mr-2 text-muted text-xs">{isHeld ? t('queue.held') : t('queue.waiting')}</p>
        {canSend && (
          <IconButton label={t('queue.sendNow')} onClick={actions.sendQueued}>
            <Send aria-hidden className="size-4" />
          </IconButton>
        )}
        <IconButton label={t('queue.edit')} data-edit={id} onClick={() => actions.edit(id)}>
          <Pencil aria-hidden className="size-4" />
        </IconButton>
        <IconButton label={t('queue.remove')} onClick={() => actions.removeQueued(id)}>
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      </div>
    </div>
  )
})
