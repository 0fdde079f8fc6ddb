import { Plus } from 'lucide-react'
import { useRef } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '../controls/button.tsx'
import { useDroppedFiles } from './useDroppedFiles.ts'

/** The button that attaches files. */
export function AttachButton({ onChoose }: { onChoose(files: readonly File[]): void }) {
  const t = useTranslations()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button
        shape="icon"
        aria-label={t('attachment.add')}
        title={t('attachment.add')}
        onClick={() => input.current?.click()}
      >
        <Plus aria-hidden className="size-5" />
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-attach
        onChange={event => {
          onChoose([...(event.target.files ?? [])])
          // The same file can be chosen again.
          event.target.value = ''
        }}
      />
    </>
  )
}

/** Why something was not attached. */
export function AttachmentProblem({ text }: { text: string }) {
  return (
    <p role="alert" className="text-center text-danger text-sm">
      {text !== '' && <span className="mt-1.5 block whitespace-pre-line">{text}</span>}
    </p>
  )
}

/** Takes files that are dropped anywhere. Covers the page while one is dragged over it. */
export function DropNotice({ onDrop }: { onDrop(files: readonly File[]): void }) {
  const t = useTranslations()
  const isOver = useDroppedFiles(onDrop)
  if (!isOver) return null
  return (
    <div
      data-drop
      className="pointer-events-none fixed inset-3 z-50 grid place-items-center rounded-2xl border-2 border-accent border-dashed bg-bg/85 p-6 text-center font-medium text-lg"
    >
      {t('attachment.drop')}
    </div>
  )
}
