import { Dialog } from 'radix-ui'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Conversation } from '../../../protocol/responses.ts'
import type { ChatClient } from '../../chatClient.ts'
import { Button } from './button.tsx'
import { DIALOG, OVERLAY } from './dialogClasses.ts'

const LONGEST_TITLE = 200

export interface ConversationDialogProps {
  client: ChatClient
  conversation: Conversation
  onClose(): void
  returnFocus(): void
}

/** Asks for another title. Stays open when the server does not take it. */
export function RenameDialog({ client, conversation, onClose, returnFocus }: ConversationDialogProps) {
  const t = useTranslations()
  const [title, setTitle] = useState(conversation.title)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (await client.rename(conversation.id, title.trim())) onClose()
  }
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className={OVERLAY} />
        <Dialog.Content className={DIALOG} aria-describedby={undefined} onCloseAutoFocus={returnFocus}>
          <Dialog.Title className="font-semibold text-lg">{t('rename.title')}</Dialog.Title>
          <form onSubmit={save} className="mt-4">
            <label className="block text-muted text-sm">
              {t('rename.field')}
              <input
                value={title}
                maxLength={LONGEST_TITLE}
                onChange={event => setTitle(event.target.value)}
                className="mt-1 block h-11 w-full rounded-lg border border-line-strong bg-bg px-3 text-base text-text"
              />
            </label>
            <div className="mt-5 flex justify-end gap-2">
              <Button shape="secondary" onClick={onClose}>
                {t('rename.cancel')}
              </Button>
              <Button shape="primary" type="submit" disabled={title.trim() === ''}>
                {t('rename.save')}
              </Button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
