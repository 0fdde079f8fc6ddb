import { FileText } from 'lucide-react'
import { useFormatter, useTranslations } from 'use-intl'
import type { StoredFile } from '../../../protocol/parts.ts'

/** A stored file of a message: a picture in its shape, so that nothing moves when it comes, or a link to a document. */
export function StoredFileLink({ file, url }: { file: StoredFile; url: string }) {
  const t = useTranslations()
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
  const given = file.givenAs && GIVEN[file.givenAs]
  return (
    <a
      href={url}
      download={name}
      className="flex max-w-full items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 pointer-coarse:py-3 text-sm"
    >
      <FileText aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="min-w-0">
        <span dir="auto" className="block truncate">
          {name}
        </span>
        <span className="block break-words text-muted text-xs">
          {sizeOf(size, format)}
          {given && ` · ${t(given, { tokens: file.tokens ?? 0 })}`}
        </span>
      </span>
    </a>
  )
}

/** How the model gets a document. Nobody knows it of one that an earlier version stored. */
const GIVEN = {
  text: 'attachment.givenText',
  search: 'attachment.givenSearch',
  file: 'attachment.givenFile',
} as const

function sizeOf(bytes: number, format: ReturnType<typeof useFormatter>): string {
  const [amount, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kilobyte'] : [bytes / 1_000_000, 'megabyte']
  return format.number(amount, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 })
}
