import { FileText } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import type { DocumentFile, StoredFile } from '../../../protocol/parts.ts'

/** A stored file of a message: a picture in its shape, so that nothing moves when it comes, or a link to a document. */
export function StoredFileLink({ file, url }: { file: StoredFile; url: string }) {
  const format = useFormatter()
  const { name, size } = file
  if (file.type === 'image') {
    return (
      <a href={url} className="max-w-full rounded-lg">
        <img
          src={url}
          alt={name}
          loading="lazy"
          width={file.width}
          height={file.height}
          className="h-auto max-h-80 w-auto max-w-full rounded-lg border border-line object-contain"
        />
      </a>
    )
  }
  return (
    <a
      href={url}
      download={name}
      className="flex max-w-full items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 pointer-coarse:py-3 text-sm"
    >
      <FileText aria-hidden className="size-4 shrink-0 text-muted" />
      <span dir="auto" className="min-w-0 truncate">
        {name}
      </span>
      <span className="shrink-0 text-muted text-xs">{sizeOf(size, format)}</span>
      <GivenAs document={file} />
    </a>
  )
}

const GIVEN = {
  text: 'attachment.givenText',
  search: 'attachment.givenSearch',
  file: 'attachment.givenFile',
} as const

/** How the model gets a document. Nobody knows it of one that an earlier version stored. */
function GivenAs({ document: { givenAs, tokens = 0 } }: { document: DocumentFile }) {
  const t = useTranslations()
  if (!givenAs) return null
  return <span className="shrink-0 text-muted text-xs">{t(GIVEN[givenAs], { tokens })}</span>
}

function sizeOf(bytes: number, format: ReturnType<typeof useFormatter>): string {
  const [amount, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kilobyte'] : [bytes / 1_000_000, 'megabyte']
  return format.number(amount, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 })
}
