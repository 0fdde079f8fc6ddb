import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useSurface } from '../../surface.ts'
import { Button } from '../controls/button.tsx'
import { stayWhileComposing } from '../controls/isComposing.ts'
import type { PanelProps } from '../panels/panels.ts'

interface DrawerProps extends PanelProps {
  /** The search field gets the focus, and not the close button. */
  isForSearch: boolean
  children: ReactNode
}

/** The list of conversations over a small screen. */
export function Drawer({ isForSearch, onClose, returnFocus, children }: DrawerProps) {
  const t = useTranslations()
  const { layers } = useSurface()
  const content = useRef<HTMLDivElement>(null)
  const onOpenAutoFocus = (event: Event) => {
    const field = isForSearch && content.current?.querySelector<HTMLElement>('input[data-search]')
    if (!field) return
    event.preventDefault()
    field.focus()
  }
  // Escape first empties the search field, which gets the key after this.
  const onEscapeKeyDown = (event: KeyboardEvent) => {
    const { target } = event
    stayWhileComposing(event)
    if (target instanceof HTMLInputElement && target.matches('[data-search]') && target.value !== '')
      event.preventDefault()
  }
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal container={layers}>
        <Dialog.Overlay className="overlay fixed inset-0 z-10 bg-overlay print:hidden" />
        <Dialog.Content
          ref={content}
          aria-describedby={undefined}
          onOpenAutoFocus={onOpenAutoFocus}
          onEscapeKeyDown={onEscapeKeyDown}
          onCloseAutoFocus={returnFocus}
          className="drawer fixed inset-y-0 left-0 z-10 w-80 max-w-[85vw] border-line border-r bg-sidebar pl-[env(safe-area-inset-left)] print:hidden"
        >
          <Dialog.Title className="sr-only">{t('list.label')}</Dialog.Title>
          <Dialog.Close asChild>
            <Button shape="icon" className="absolute top-2 right-2 z-10" aria-label={t('list.close')}>
              <X aria-hidden className="size-5" />
            </Button>
          </Dialog.Close>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
