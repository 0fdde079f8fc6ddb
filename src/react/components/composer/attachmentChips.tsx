import { FileText, Image, TextCursorInput, X } from 'lucide-react'
import { type ReactNode, useCallback, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Upload } from '../../../client/chat/chatState.ts'
import {
  type Attachment,
  isStoredFile,
  type StoredFile,
  type TextAttachment,
} from '../../../protocol/parts.ts'
import { useFileUrl } from '../../files.ts'
import { IconButton } from '../controls/iconButton.tsx'
import { PopoverPart, preloadPopover } from '../controls/popoverPart.tsx'
import { UploadChip } from './uploadChip.tsx'

interface AttachmentChipsProps {
  attachments: readonly Attachment[]
  onChange(attachments: readonly Attachment[]): void
  /** Moves the text of an attachment into the message. If absent, that is not offered. */
  onInsert?(attachment: TextAttachment): void
  uploads?: readonly Upload[]
  onCancelUpload?(upload: Upload): void
  onRetryUpload?(upload: Upload): void
}

/**
 * The attachments of a message, and the files on their way. Each can be looked at, removed, or moved into the message as
 * text.
 */
export function AttachmentChips(props: AttachmentChipsProps) {
  const { attachments, onChange, onInsert, uploads = [], onCancelUpload, onRetryUpload } = props
  const t = useTranslations()
  const list = useRef<HTMLUListElement>(null)
  if (attachments.length + uploads.length === 0) return null
  const focusField = () => list.current?.closest('form, li')?.querySelector('textarea')?.focus()
  const remove = (attachment: Attachment) => {
    focusField()
    onChange(attachments.filter(other => other !== attachment))
  }
  return (
    <ul ref={list} aria-label={t('attachment.list')} className="mb-1 flex flex-wrap gap-1.5 p-1">
      {attachments.map(attachment => (
        <Chip key={isStoredFile(attachment) ? attachment.fileId : attachment.name}>
          {isStoredFile(attachment) ? <FileName file={attachment} /> : <Preview attachment={attachment} />}
          {onInsert && !isStoredFile(attachment) && (
            <IconButton
              label={t('attachment.insert', { name: attachment.name })}
              onClick={() => onInsert(attachment)}
            >
              <TextCursorInput aria-hidden className="size-4" />
            </IconButton>
          )}
          <RemoveButton name={attachment.name} onClick={() => remove(attachment)} />
        </Chip>
      ))}
      {uploads.map(upload => (
        <Chip key={upload.id}>
          <UploadChip upload={upload} onRetry={() => onRetryUpload?.(upload)} />
          <RemoveButton
            name={upload.name}
            onClick={() => {
              focusField()
              onCancelUpload?.(upload)
            }}
          />
        </Chip>
      ))}
    </ul>
  )
}

function Chip({ children }: { children: ReactNode }) {
  return (
    <li className="flex max-w-full items-center rounded-lg border border-line bg-bg text-sm">{children}</li>
  )
}

function RemoveButton({ name, onClick }: { name: string; onClick(): void }) {
  const t = useTranslations()
  return (
    <IconButton label={t('attachment.remove', { name })} onClick={onClick}>
      <X aria-hidden className="size-4" />
    </IconButton>
  )
}

function FileName({ file }: { file: StoredFile }) {
  return (
    <span className="flex min-h-9 pointer-coarse:min-h-11 min-w-0 items-center gap-2 px-2.5">
      {file.type === 'image' ? (
        <Thumbnail fileId={file.fileId} />
      ) : (
        <FileText aria-hidden className="size-4 shrink-0 text-muted" />
      )}
      <span dir="auto" className="truncate">
        {file.name}
      </span>
    </span>
  )
}

function Thumbnail({ fileId }: { fileId: string }) {
  const url = useFileUrl(fileId)
  if (!url) return <Image aria-hidden className="size-7 shrink-0 p-1.5 text-muted" />
  return <img src={url} alt="" className="-ml-1.5 size-7 shrink-0 rounded object-cover" />
}

function Preview({ attachment: { name, text } }: { attachment: TextAttachment }) {
  const t = useTranslations()
  const button = useRef<HTMLButtonElement>(null)
  const [isOpen, setOpen] = useState(false)
  const onClose = useCallback(() => setOpen(false), [])
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={preloadPopover}
        onFocus={preloadPopover}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-9 pointer-coarse:min-h-11 min-w-0 items-center gap-2 rounded-lg px-2.5 hover:bg-subtle"
      >
        <FileText aria-hidden className="size-4 shrink-0 text-muted" />
        <span className="truncate">{name}</span>
        <span className="shrink-0 text-muted text-xs">
          {t('attachment.size', { characters: text.length })}
        </span>
      </button>
      {isOpen && (
        <PopoverPart anchor={button} label={name} onClose={onClose}>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
            tabIndex={0}
            className="max-h-72 overflow-auto whitespace-pre-wrap break-words font-mono text-xs"
          >
            {text}
          </pre>
        </PopoverPart>
      )}
    </>
  )
}
