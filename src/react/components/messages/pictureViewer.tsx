import { Download, Maximize, X, ZoomIn, ZoomOut } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type KeyboardEvent, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { StoredFile } from '../../../protocol/parts.ts'
import { useSurface } from '../../surface.ts'
import { Button } from '../controls/button.tsx'
import { OVERLAY } from '../controls/dialogClasses.ts'

interface PictureViewerProps {
  file: Extract<StoredFile, { type: 'image' }>
  url: string
  onClose(): void
  returnFocus(event: Event): void
}

/** How much larger than fitted to the window. */
const STEPS = [1, 1.5, 2, 3, 4, 6]

/** A picture that fills the window. `+`, `-` and `0` zoom, and arrow keys scroll what is larger than the window. */
export function PictureViewer({ file, url, onClose, returnFocus }: PictureViewerProps) {
  const t = useTranslations()
  const { layers } = useSurface()
  const [step, setStep] = useState(0)
  const place = useRef<HTMLElement>(null)
  const percent = `${(STEPS[step] ?? 1) * 100}%`
  const zoom = (change: number) => setStep(Math.max(0, Math.min(STEPS.length - 1, step + change)))
  const onKeyDown = (event: KeyboardEvent) => {
    const change = { '+': 1, '=': 1, '-': -1, '0': -STEPS.length }[event.key]
    if (change === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    zoom(change)
  }
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal container={layers}>
        <Dialog.Overlay className={OVERLAY} />
        <Dialog.Content
          className="fixed inset-0 z-30 flex flex-col bg-bg print:hidden"
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          onOpenAutoFocus={event => {
            event.preventDefault()
            place.current?.focus()
          }}
          onKeyDown={onKeyDown}
        >
          <div className="flex items-center gap-1 border-line border-b px-3 py-1.5">
            <Dialog.Title dir="auto" className="min-w-0 flex-1 truncate font-medium text-sm">
              {file.name}
            </Dialog.Title>
            <Tool label={t('picture.smaller')} isOff={step === 0} onClick={() => zoom(-1)} Icon={ZoomOut} />
            <Tool
              label={t('picture.larger')}
              isOff={step === STEPS.length - 1}
              onClick={() => zoom(1)}
              Icon={ZoomIn}
            />
            <Tool label={t('picture.fit')} isOff={step === 0} onClick={() => setStep(0)} Icon={Maximize} />
            <a
              href={url}
              download={file.name}
              aria-label={t('picture.save')}
              title={t('picture.save')}
              className="grid size-9 pointer-coarse:size-11 place-items-center rounded-lg hover:bg-subtle"
            >
              <Download aria-hidden className="size-5" />
            </a>
            <Dialog.Close asChild>
              <Button shape="icon" aria-label={t('dialog.close')} title={t('dialog.close')}>
                <X aria-hidden className="size-5" />
              </Button>
            </Dialog.Close>
          </div>
          <section
            ref={place}
            aria-label={file.name}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
            tabIndex={0}
            className="min-h-0 flex-1 overflow-auto p-3 outline-none"
          >
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys of the dialog zoom too */}
            <img
              src={url}
              alt={file.name}
              style={{ width: percent, height: percent }}
              className={`max-w-none object-contain ${step === 0 ? 'cursor-zoom-in' : 'cursor-zoom-out'}`}
              onClick={() => setStep(step === 0 ? 2 : 0)}
            />
          </section>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface ToolProps {
  label: string
  isOff: boolean
  Icon: typeof ZoomIn
  onClick(): void
}

function Tool({ label, isOff, Icon, onClick }: ToolProps) {
  return (
    <Button shape="icon" aria-label={label} title={label} aria-disabled={isOff} onClick={onClick}>
      <Icon aria-hidden className="size-5" />
    </Button>
  )
}
