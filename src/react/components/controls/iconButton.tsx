import type { ComponentProps } from 'react'
import { Button } from './button.tsx'

/** A small button of a row below a message: an icon with its name as a tip. */
export function IconButton({ label, ...props }: ComponentProps<'button'> & { label: string }) {
  return <Button shape="small" aria-label={label} title={label} {...props} />
}
