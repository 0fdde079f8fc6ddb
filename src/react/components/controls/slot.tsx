import type { ComponentType, ReactNode } from 'react'
import { type SlotValues, useSurface } from '../../surface.ts'

interface SlotProps<Name extends keyof SlotValues> {
  name: Name
  values: SlotValues[Name]
  /** What Riacho draws. */
  children: ReactNode
}

/** A part that an app may draw itself. */
export function Slot<Name extends keyof SlotValues>({ name, values, children }: SlotProps<Name>) {
  const slots = useSurface().slots as Record<string, ComponentType<{ children: ReactNode }> | undefined>
  const Part = slots[name]
  return Part ? <Part {...values}>{children}</Part> : children
}
