import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Conversation } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { Modal } from '../controls/modal.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import type { PanelProps } from '../panels/panels.ts'
import { useFailure } from '../panels/useFailure.ts'

const LONGEST_TITLE = 200

/** Asks for another title. If the server refuses it, the dialog stays open and says why. */
export function RenameDialog(props: PanelProps & { conversation: Conversation }) {
  const { client, conversation, onClose } = props
  const t = useTranslations()
  const [title, setTitle] = useState(conversation.title)
  const { failure, setFailure, takeNotice } = useFailure(client)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    setFailure(null)
    if (await client.rename(conversation.id, title.trim())) onClose()
    else takeNotice()
  }
  return (
    <Modal title={t('rename.title')} {...props}>
      <form onSubmit={save} className="mt-2">
        <FailureNote failure={failure} />
        <label className="block text-muted text-sm">
          {t('rename.field')}
          <input
            value={title}
            maxLength={LONGEST_TITLE}
            // biome-ignore lint/a11y/noAutofocus: the dialog asks for one thing
            autoFocus
            onFocus={event => event.target.select()}
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
    </Modal>
  )
}
