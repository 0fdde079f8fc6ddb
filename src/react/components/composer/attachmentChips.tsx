import { FileText, TextCursorInput, X } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Attachment, isStoredFile, type TextAttachment } from '../../../protocol/parts.ts'
import { IconButton } from '../controls/iconButton.tsx'
import { PopoverPart, preloadPopover } from '../controls/popoverPart.tsx'

interface AttachmentChipsProps {
  attachments: readonly Attachment[]
  onChange(attachments: readonly Attachment[]): void
  /** Moves the text of an attachment into the message. If absent, that is not offered. */
  onInsert?(attachment: TextAttachment): void
}

/** The attachments of a message. Each can be looked at, removed, or moved into the message as text. */
export function AttachmentChips({ attachments, onChange, onInsert }: AttachmentChipsProps) {
  const t = useTranslations()
  const list = useRef<HTMLUListElement>(null)
  if (attachments.length === 0) return null
  const without = (attachment: Attachment) => attachments.filter(other => other !== attachment)
  const remove = (attachment: Attachment) => {
    list.current?.closest('form, li')?.querySelector('textarea')?.focus()
    onChange(without(attachment))
  }
  return (
    <ul ref={list} aria-label={t('attachment.list')} className="mb-1 flex flex-wrap gap-1.5 p-1">
      {attachments.map(attachment => (
        <li
          key={isStoredFile(attachment) ? attachment.fileId : attachment.name}
          className="flex max-w-full items-center rounded-lg border border-line bg-bg text-sm"
        >
          {isStoredFile(attachment) ? (
            <FileName name={attachment.name} />
          ) : (
            <Preview attachment={attachment} />
          )}
          {onInsert && !isStoredFile(attachment) && (
            <IconButton
              label={t('attachment.insert', { name: attachment.name })}
              onClick={() => onInsert(attachment)}
            >
              <TextCursorInput aria-hidden className="size-4" />
            </IconButton>
          )}
          <IconButton
            label={t('attachment.remove', { name: attachment.name })}
            onClick={() => remove(attachment)}
          >
            <X aria-hidden className="size-4" />
          </IconButton>
        </li>
      ))}
    </ul>
  )
}

function FileName({ name }: { name: string }) {
  return (
    <span className="flex min-h-9 pointer-coarse:min-h-11 min-w-0 items-center gap-2 px-2.5">
      <FileText aria-hidden className="size-4 shrink-0 text-muted" />
      <span dir="auto" className="truncate">
        {name}
      </span>
    </span>
  )
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
