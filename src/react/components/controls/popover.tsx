import { Popover } from 'radix-ui'
import type { ReactNode, RefObject } from 'react'
import { useSurface } from '../../surface.ts'
import { stayWhileComposing } from './isComposing.ts'

export interface PopoverBoxProps {
  /** The button that opened it. It stands beside the button, and gives the focus back to it. */
  anchor: RefObject<HTMLElement | null>
  label: string
  onClose(): void
  children: ReactNode
}

/** An open box beside a button. */
export function PopoverBox({ anchor, label, onClose, children }: PopoverBoxProps) {
  const { layers } = useSurface()
  const isOnAnchor = (target: EventTarget | null) => anchor.current?.contains(target as Node) === true
  return (
    <Popover.Root open onOpenChange={isOpen => isOpen || onClose()}>
      <Popover.Anchor virtualRef={anchor as RefObject<HTMLElement>} />
      <Popover.Portal container={layers}>
        <Popover.Content
          className="dialog z-20 w-[min(24rem,calc(100vw-1rem))] rounded-xl border border-line bg-surface p-4 text-text shadow-lg"
          aria-label={label}
          align="start"
          collisionPadding={8}
          sideOffset={4}
          // A press of the button closes it. If it closed here first, the button would open it again.
          onInteractOutside={event => isOnAnchor(event.target) && event.preventDefault()}
          onEscapeKeyDown={stayWhileComposing}
          onCloseAutoFocus={event => {
            event.preventDefault()
            anchor.current?.focus()
          }}
        >
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
