import { Send } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { shareAddress } from '../../../browser/pagePaths.ts'
import { createShare } from '../../../client/chat/conversations/shareLinks.ts'
import type { Conversation, Share } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { CopyField } from '../controls/copyField.tsx'
import { Modal } from '../controls/modal.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import type { PanelProps } from './panels.ts'
import { ShareList, useShares } from './shareList.tsx'
import { useFailure } from './useFailure.ts'

const BODIES = { anyone: 'share.body', 'signed-in': 'share.bodySignedIn', off: 'share.off' } as const

/** Creates public links to frozen copies of a conversation, and revokes them. */
export function ShareDialog(props: PanelProps & { conversation: Conversation }) {
  const { client, conversation } = props
  const t = useTranslations()
  const links = useShares(client, conversation.id)
  const [created, setCreated] = useState<Share | null>(null)
  const { failure, tellFailure } = useFailure(client)
  const [isCreating, setCreating] = useState(false)
  const create = async () => {
    setCreating(true)
    const result = await createShare(client, conversation.id)
    setCreating(false)
    tellFailure(result.ok ? null : result.failure)
    if (!result.ok) return
    setCreated(result.value.share)
    links.add(result.value.share)
  }
  const isValid = created !== null && links.shares?.some(({ id }) => id === created.id) === true
  return (
    <Modal title={t('share.title')} body={t(BODIES[links.sharing])} isWide {...props}>
      <div className="mt-4">
        <FailureNote failure={failure} />
        {links.sharing === 'signed-in' && !links.mayShare && (
          <p className="text-sm">{t('share.needsAccount')}</p>
        )}
        {isValid && <Created share={created} />}
        {!isValid && links.mayShare && (
          <Button shape="primary" aria-disabled={isCreating} onClick={create}>
            {isCreating ? t('share.creating') : t('share.create')}
          </Button>
        )}
      </div>
      <h3 className="mt-6 font-medium text-muted text-sm">{t('share.links')}</h3>
      <ShareList links={links} none={t('share.none')} />
    </Modal>
  )
}

function Created({ share }: { share: Share }) {
  const t = useTranslations()
  const address = shareAddress(share)
  return (
    <>
      <p role="status" className="text-sm">
        {t('share.created')}
      </p>
      <CopyField
        value={address}
        label={t('share.address')}
        copy={t('share.copy')}
        copied={t('share.copied')}
        className="min-w-0"
      >
        {canSend() && (
          // The person may close what the system shows without choosing, which rejects.
          <Button
            shape="secondary"
            className="h-11!"
            onClick={() => navigator.share({ url: address }).catch(() => {})}
          >
            <Send aria-hidden className="size-4" />
            {t('share.send')}
          </Button>
        )}
      </CopyField>
    </>
  )
}

/** Whether the system can hand an address to another application. */
function canSend(): boolean {
  return typeof navigator.share === 'function'
}
