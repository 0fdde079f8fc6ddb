import { FileText, ImageOff } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { StoredFile } from '../../../protocol/parts.ts'
import { useFiles, useFileUrl } from '../../files.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'

const viewer = partSource(() => import('./pictureViewer.tsx').then(({ PictureViewer }) => PictureViewer))

const CARD =
  'flex max-w-full items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 pointer-coarse:py-3 text-sm'

/** A stored file of a message: a picture that can be enlarged, or a document that can be saved. */
export function StoredFileView({ file }: { file: StoredFile }) {
  const files = useFiles()
  if (!files) return <Card file={file} />
  return file.type === 'image' ? <Picture file={file} /> : <Document file={file} />
}

function Picture({ file }: { file: Extract<StoredFile, { type: 'image' }> }) {
  const t = useTranslations()
  const url = useFileUrl(file.fileId)
  const [isOpen, setOpen] = useState(false)
  const [isBroken, setBroken] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = useCallback(() => setOpen(false), [])
  const { name, width, height } = file
  if (url === null || isBroken) {
    return (
      <p className={CARD}>
        <ImageOff aria-hidden className="size-4 shrink-0 text-muted" />
        <span>
          <bdi>{name}</bdi>: {t('picture.missing')}
        </span>
      </p>
    )
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-label={t('picture.open', { name })}
        onPointerEnter={viewer.preload}
        onFocus={viewer.preload}
        onClick={() => setOpen(true)}
        className="max-w-full cursor-zoom-in rounded-lg"
      >
        <img
          {...(url && { src: url })}
          alt={name}
          loading="lazy"
          width={width}
          height={height}
          onError={() => setBroken(true)}
          className="h-auto max-h-80 w-auto max-w-full rounded-lg border border-line bg-subtle object-contain"
        />
      </button>
      {isOpen && url && (
        <LazyPart
          source={viewer}
          props={{ file, url, onClose: close, returnFocus: () => button.current?.focus() }}
          onMissing={close}
        />
      )}
    </>
  )
}

function Document({ file }: { file: StoredFile }) {
  const files = useFiles()
  const { fileId, name } = file
  const url = files?.urlOf(fileId)
  if (url) {
    return (
      <a href={url} download={name} className={CARD}>
        <CardText file={file} />
      </a>
    )
  }
  const save = async () => {
    const blob = await files?.read(fileId).catch(() => null)
    if (blob) saveAs(blob, name)
  }
  return (
    <button type="button" onClick={save} className={CARD}>
      <CardText file={file} />
    </button>
  )
}

function Card({ file }: { file: StoredFile }) {
  return (
    <p className={CARD}>
      <CardText file={file} />
    </p>
  )
}

/** How the model gets a document. Nobody knows it of one that an earlier version stored. */
const GIVEN = {
  text: 'attachment.givenText',
  search: 'attachment.givenSearch',
  file: 'attachment.givenFile',
} as const

function CardText({ file }: { file: StoredFile }) {
  const t = useTranslations()
  const format = useFormatter()
  const { givenAs, tokens = 0 } = file.type === 'document' ? file : {}
  return (
    <>
      <FileText aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="min-w-0 text-start">
        <span dir="auto" className="block truncate">
          {file.name}
        </span>
        <span className="block break-words text-muted text-xs">
          {sizeOf(file.size, format)}
          {givenAs && ` · ${t(GIVEN[givenAs], { tokens })}`}
        </span>
      </span>
    </>
  )
}

function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read the bytes by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

function sizeOf(bytes: number, format: ReturnType<typeof useFormatter>): string {
  const [amount, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kilobyte'] : [bytes / 1_000_000, 'megabyte']
  return format.number(amount, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 })
}
