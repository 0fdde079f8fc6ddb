import type { ReactNode } from 'react'

/** A page without a chat: it says what happened, and offers one thing to do. */
export function PageState({ title, body, children }: { title: string; body: string; children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-2 px-6 text-center">
      <h1 className="font-semibold text-2xl">{title}</h1>
      <p className="text-muted">{body}</p>
      <div className="mt-4">{children}</div>
    </main>
  )
}
