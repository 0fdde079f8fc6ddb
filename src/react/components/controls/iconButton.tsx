import type { ComponentProps } from 'react'
import { Button } from './button.tsx'

/** A small button with an icon. Its label is also its tooltip. */
export function IconButton({ label, ...props }: ComponentProps<'button'> & { label: string }) {
  return <Button shape="small" aria-label={label} title={label} {...props} />
}
