import type { ComponentProps } from 'react'
import { Button } from './button.tsx'

/** A small button of a row below a message: an icon with its name as a tip. `aria-disabled` ones do nothing. */
export function IconButton({ label, onClick, ...props }: ComponentProps<'button'> & { label: string }) {
  return (
    <Button
      shape="small"
      aria-label={label}
      title={label}
      onClick={props['aria-disabled'] === true ? undefined : onClick}
      {...props}
    />
  )
}
