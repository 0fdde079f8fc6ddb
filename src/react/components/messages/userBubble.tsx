import { Ellipsis, GitFork, Pencil } from 'lucide-react'
import { memo, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Editing } from '../../../client/chat/chatState.ts'
import { type Part, textOf } from '../../../protocol/parts.ts'
import { SMALL_HEIGHT } from '../controls/button.tsx'
import { CopyButton } from '../controls/copyButton.tsx'
import { IconButton } from '../controls/iconButton.tsx'
import { ActionRow, NoActions } from './actionRow.tsx'
import { EditField } from './editField.tsx'
import type { MessageActions } from './messageActions.ts'
import { Switcher } from './switcher.tsx'
import { UserParts } from './userParts.tsx'

interface UserBubbleProps {
  id: string
  parts: readonly Part[]
  /** While the server has not confirmed it. */
  state?: 'sending' | 'waiting'
  siblings: readonly string[]
  /** `null` while its reply is being written. */
  actions: MessageActions | null
  /** No other message can be asked for now. */
  isBusy: boolean
  /** The conversation takes no message. */
  isClosed: boolean
  /** While it is being changed. */
  editing: Editing | null
}

/** Draws a person's message as they wrote it. */
export const UserBubble = memo(function UserBubble(props: UserBubbleProps) {
  const { id, parts, state, actions, editing } = props
  const t = useTranslations()
  return (
    <div className="group flex flex-col items-end">
      <h2 className="sr-only">{t('message.yours')}</h2>
      {editing && actions ? (
        <EditField
          message={editing}
          held={props.isBusy ? 'busy' : props.isClosed ? 'closed' : null}
          saveLabel={t('edit.save')}
          onChange={actions.setEdited}
          onSave={actions.saveEdit}
          onCancel={() => actions.cancelEdit(id)}
        />
      ) : (
        <>
          <div className={`flex max-w-[85%] flex-col items-end gap-2 ${state ? 'opacity-70' : ''}`}>
            <UserParts parts={parts} />
          </div>
          {state && (
            <p className={`mt-1 flex items-center text-muted text-xs ${SMALL_HEIGHT}`}>
              {state === 'waiting' ? t('message.waiting') : t('message.sending')}
            </p>
          )}
          {!state &&
            (actions ? <Actions {...props} actions={actions} text={textOf(parts)} /> : <NoActions />)}
        </>
      )}
    </div>
  )
})

function Actions({
  id,
  actions,
  text,
  siblings,
  isBusy,
  isClosed,
}: UserBubbleProps & { actions: MessageActions; text: string }) {
  const t = useTranslations()
  const [isUnfolded, setUnfolded] = useState(false)
  return (
    <ActionRow label={t('actions.label')} isShown={siblings.length > 1} isAtEnd>
      <Switcher siblings={siblings} id={id} isDisabled={isBusy} onChoose={actions.chooseSibling} />
      <span className={`flex items-center ${isUnfolded ? '' : 'pointer-coarse:hidden'}`}>
        {text !== '' && <CopyButton text={text} label={t('actions.copyQuestion')} />}
        {!isClosed && (
          <IconButton
            label={t('actions.edit')}
            data-edit={id}
            aria-disabled={isBusy}
            onClick={() => actions.edit(id)}
          >
            <Pencil aria-hidden className="size-4" />
          </IconButton>
        )}
        {actions.fork && (
          <IconButton label={t('actions.fork')} onClick={() => actions.fork?.(id)}>
            <GitFork aria-hidden className="size-4" />
          </IconButton>
        )}
      </span>
      <IconButton
        label={t('actions.label')}
        className="pointer-fine:hidden"
        aria-expanded={isUnfolded}
        onClick={() => setUnfolded(!isUnfolded)}
      >
        <Ellipsis aria-hidden className="size-4" />
      </IconButton>
    </ActionRow>
  )
}
