import { LazyPart, partSource } from './lazyPart.tsx'
import type { PopoverBoxProps } from './popover.tsx'

const part = partSource(() => import('./popover.tsx').then(({ PopoverBox }) => PopoverBox))

export const preloadPopover = part.preload

/** A PopoverBox, whose code is fetched when one is first opened. */
export function PopoverPart(props: PopoverBoxProps) {
  return <LazyPart source={part} props={props} onMissing={props.onClose} />
}
