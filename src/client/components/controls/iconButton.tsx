import type { ComponentProps } from 'react'
import { Button } from './button.tsx'

/** A small button of a row below a message: an icon with its name as a tip. `aria-disabled` ones do nothing. */
export function IconButton({
  label,
  onClick,
  className = '',
  ...props
}: ComponentProps<'button'> & { label: string }) {
  return (
    <Button
      shape="quiet"
      aria-label={label}
      title={label}
      onClick={props['aria-disabled'] === true ? undefined : onClick}
      className={`size-9 px-0 pointer-coarse:size-10 ${className}`}
      {...props}
    />
  )
}
