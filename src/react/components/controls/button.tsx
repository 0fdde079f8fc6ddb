import type { ComponentProps, MouseEvent } from 'react'

/** The height of a row of small buttons, and of the room that is kept for one. */
export const SMALL_HEIGHT = 'h-9 pointer-coarse:h-11'

const SHAPES = {
  primary:
    'h-10 pointer-coarse:h-11 px-4 rounded-lg bg-accent text-on-accent font-medium hover:bg-accent-strong',
  secondary:
    'h-10 pointer-coarse:h-11 px-4 rounded-lg border border-line bg-surface font-medium hover:bg-subtle',
  danger: 'h-10 pointer-coarse:h-11 px-4 rounded-lg bg-danger text-on-accent font-medium',
  quiet: 'h-10 pointer-coarse:h-11 px-2.5 rounded-lg text-muted text-sm hover:bg-subtle hover:text-text',
  icon: 'size-10 pointer-coarse:size-11 shrink-0 rounded-lg text-muted hover:bg-subtle hover:text-text',
  small: `${SMALL_HEIGHT} w-9 pointer-coarse:w-10 shrink-0 rounded-lg text-muted hover:bg-subtle hover:text-text`,
  round:
    'size-10 pointer-coarse:size-11 shrink-0 rounded-full bg-accent text-on-accent hover:bg-accent-strong ' +
    'high-contrast:disabled:border-2 high-contrast:disabled:border-current high-contrast:disabled:bg-transparent ' +
    'high-contrast:disabled:text-text high-contrast:disabled:opacity-100 ' +
    'forced-colors:border-2 forced-colors:disabled:opacity-100',
}

/** A button in one of the shapes of the page. With `aria-disabled` it can have the focus, but does nothing. */
export function Button({
  shape,
  className = '',
  ...props
}: ComponentProps<'button'> & { shape: keyof typeof SHAPES }) {
  const isOff = props['aria-disabled'] === true
  const common = 'inline-flex items-center justify-center gap-2 whitespace-nowrap transition-colors'
  const disabled = 'disabled:opacity-40 aria-disabled:opacity-40 disabled:pointer-events-none'
  return (
    <button
      type="button"
      className={`${common} ${disabled} ${SHAPES[shape]} ${className}`}
      {...props}
      {...(isOff && { onClick: doNothing })}
    />
  )
}

/** Also keeps a disabled button from sending its form. */
function doNothing(event: MouseEvent): void {
  event.preventDefault()
}
