import type { ComponentProps } from 'react'
import { useSurface } from '../../surface.ts'

/**
 * A link to a conversation. In an app that has no address for conversations it is a button, because a link that opens in
 * another tab would lead nowhere.
 */
export function ListLink({ href, className = '', ...props }: ComponentProps<'a'> & { href: string }) {
  const { isOwnPage } = useSurface()
  if (isOwnPage) return <a {...props} href={href} className={className} />
  const { ref: _, ...rest } = props as ComponentProps<'button'>
  return <button {...rest} type="button" className={`w-full text-left ${className}`} />
}
