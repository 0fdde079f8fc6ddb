import { FileText } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import type { StoredFile } from '../../../protocol/parts.ts'
import { useFiles } from '../../files.ts'
import { CARD } from './fileCard.ts'
import { StoredPicture } from './storedPicture.tsx'

/** A stored file of a message: a picture that can be enlarged, or a document that can be saved. */
export function StoredFileView({ file }: { file: StoredFile }) {
  const files = useFiles()
  if (!files) return <Card file={file} />
  return file.type === 'image' ? <StoredPicture file={file} /> : <Document file={file} />
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
    <button type="button" data-on-paper onClick={save} className={CARD}>
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

/** Nothing that has bytes has 0 kB. */
function sizeOf(bytes: number, format: ReturnType<typeof useFormatter>): string {
  const [amount, unit] =
    bytes < 1_000_000 ? [Math.max(0.1, bytes / 1000), 'kilobyte'] : [bytes / 1_000_000, 'megabyte']
  return format.number(amount, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 })
}
