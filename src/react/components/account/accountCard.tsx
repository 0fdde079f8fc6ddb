import type { ReactNode } from 'react'
import { useAccountTexts } from './useAccountTexts.ts'

/** One thing to do. */
export function Card({ title, body, children }: { title: string; body?: string; children: ReactNode }) {
  return (
    <>
      <h1 className="text-balance font-semibold text-2xl">{title}</h1>
      {body && (
        <p role="status" className="mt-1 break-words text-muted">
          {body}
        </p>
      )}
      <div className="mt-6">{children}</div>
    </>
  )
}

/** Leads back to the sign-in. */
export function Back() {
  const t = useAccountTexts()
  return (
    <div className="mt-4">
      <Go to="#">{t.back}</Go>
    </div>
  )
}

/** A link to another task, or to the chat. */
export function Go({ to, children }: { to: string; children: ReactNode }) {
  return (
    <a href={to} className="inline-flex h-11 items-center text-accent underline underline-offset-2">
      {children}
    </a>
  )
}
