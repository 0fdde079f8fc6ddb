import { FileText, Image, RotateCcw, TriangleAlert } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { Failure } from '../../../client/api.ts'
import type { Upload } from '../../../client/chat/chatState.ts'
import { FILE_REFUSALS } from '../../../protocol/errors.ts'
import { IconButton } from '../controls/iconButton.tsx'
import { useFailureText } from '../controls/useFailureText.ts'

/** What a chip says of a file on its way, or why the server refused it. */
export function UploadChip({ upload, onRetry }: { upload: Upload; onRetry(): void }) {
  const t = useTranslations()
  const failureText = useFailureText()
  const { name, mediaType, failure } = upload
  const Icon = mediaType.startsWith('image/') ? Image : FileText
  if (failure) {
    return (
      <>
        <span className="flex min-h-9 pointer-coarse:min-h-11 min-w-0 items-center gap-2 px-2.5 py-1">
          <TriangleAlert aria-hidden className="size-4 shrink-0 text-danger" />
          <span role="alert" className="min-w-0 break-words">
            <bdi className="break-all">{name}</bdi>:{' '}
            <span className="text-danger">{failureText(failure)}</span>
          </span>
        </span>
        {mayPass(failure) && (
          <IconButton label={t('attachment.retry', { name })} onClick={onRetry}>
            <RotateCcw aria-hidden className="size-4" />
          </IconButton>
        )}
      </>
    )
  }
  return (
    <span className="flex min-h-9 pointer-coarse:min-h-11 min-w-0 items-center gap-2 px-2.5">
      <Icon aria-hidden className="size-4 shrink-0 text-muted" />
      <span dir="auto" className="truncate">
        {name}
      </span>
      <Progress upload={upload} />
    </span>
  )
}

function Progress({ upload: { name, state, sent, size } }: { upload: Upload }) {
  const t = useTranslations()
  const share = sent / size
  return (
    <>
      <progress
        aria-label={t('attachment.progress', { name })}
        max={1}
        value={share}
        className="h-1 w-14 shrink-0 appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
      />
      <span className="shrink-0 text-muted text-xs tabular-nums">
        {state === 'uploading' && t('attachment.sent', { percent: Math.round(share * 100) })}
        {state === 'waiting' && t('attachment.waiting')}
        {state === 'reading' && t('attachment.reading')}
      </span>
    </>
  )
}

/** What a file is does not change, so another try fails too. Room may come back. */
function mayPass(failure: Failure): boolean {
  return !(failure in FILE_REFUSALS) || failure === 'QUOTA_EXCEEDED'
}
