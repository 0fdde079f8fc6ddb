import { AlertDialog } from 'radix-ui'
import { useTranslations } from 'use-intl'
import { Button } from './button.tsx'
import { DIALOG, OVERLAY } from './dialogClasses.ts'
import type { ConversationDialogProps } from './renameDialog.tsx'

/** Asks before a conversation is deleted for good. */
export function RemoveDialog({ client, conversation, onClose, returnFocus }: ConversationDialogProps) {
  const t = useTranslations()
  const title = conversation.title || t('list.untitled')
  const remove = async () => {
    onClose()
    await client.remove(conversation.id)
  }
  return (
    <AlertDialog.Root open onOpenChange={onClose}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={OVERLAY} />
        <AlertDialog.Content className={DIALOG} onCloseAutoFocus={returnFocus}>
          <AlertDialog.Title className="font-semibold text-lg">{t('remove.title')}</AlertDialog.Title>
          <AlertDialog.Description className="mt-2 break-words text-muted">
            {t('remove.body', { title })}
          </AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button shape="secondary">{t('remove.cancel')}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button shape="danger" onClick={remove}>
                {t('remove.confirm')}
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
