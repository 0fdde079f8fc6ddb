import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useSurface } from '../../surface.ts'
import type { PanelProps } from '../panels/panels.ts'
import { Button } from './button.tsx'
import { DIALOG, OVERLAY } from './dialogClasses.ts'
import { stayWhileComposing } from './isComposing.ts'

interface ModalProps extends Pick<PanelProps, 'onClose' | 'returnFocus'> {
  title: string
  /** Describes the dialog; a screen reader says it with the title. */
  body?: string
  isWide?: boolean
  children: ReactNode
}

/** A dialog with a title and a close button. */
export function Modal({ title, body, isWide = false, onClose, returnFocus, children }: ModalProps) {
  const t = useTranslations()
  const { layers } = useSurface()
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal container={layers}>
        <Dialog.Overlay className={OVERLAY} />
        <Dialog.Content
          className={`${DIALOG} ${isWide ? 'max-w-[36rem]' : 'max-w-[26rem]'}`}
          {...(!body && { 'aria-describedby': undefined })}
          onEscapeKeyDown={stayWhileComposing}
          onCloseAutoFocus={returnFocus}
        >
          <div className="-top-4 sticky z-10 -mx-5 -mt-4 flex items-start gap-2 bg-surface px-5 pt-4 pb-1">
            <Dialog.Title className="flex-1 py-1.5 font-semibold text-lg">{title}</Dialog.Title>
            <Dialog.Close asChild>
              <Button shape="icon" className="-mt-0.5 -mr-2" aria-label={t('dialog.close')}>
                <X aria-hidden className="size-5" />
              </Button>
            </Dialog.Close>
          </div>
          {body && <Dialog.Description className="mt-1 text-muted">{body}</Dialog.Description>}
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
