import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { Chat } from '@/client/components/chat/chat'
import { readSession, SESSION_COOKIE } from '@/server/auth/session'

export default async function Page() {
  const user = readSession((await cookies()).get(SESSION_COOKIE)?.value)
  if (!user) redirect('/entrar')
  return (
    <main>
      <h1>Olá, {user}</h1>
      <Chat />
    </main>
  )
}
