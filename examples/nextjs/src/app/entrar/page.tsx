import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { SESSION_COOKIE, signSession } from '@/server/auth/session'

async function enter(form: FormData): Promise<void> {
  'use server'
  const user = String(form.get('user') ?? '').trim()
  if (!user) return
  const store = await cookies()
  store.set(SESSION_COOKIE, signSession(user), { httpOnly: true, sameSite: 'lax', path: '/' })
  redirect('/')
}

export default function Page() {
  return (
    <main>
      <h1>Entrar</h1>
      <form action={enter}>
        <input name="user" aria-label="Seu nome" placeholder="Seu nome" required />
        <button type="submit">Entrar</button>
      </form>
    </main>
  )
}
