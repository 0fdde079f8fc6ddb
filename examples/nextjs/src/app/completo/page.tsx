import 'riacho/styles.css'
import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { Chat, RiachoProvider } from 'riacho/react'
import { readSession, SESSION_COOKIE } from '@/server/auth/session'

/** The same app with Riacho's own components. The person's id keeps what each one typed apart in a shared browser. */
export default async function Page() {
  const user = readSession((await cookies()).get(SESSION_COOKIE)?.value)
  if (!user) redirect('/entrar')
  return (
    <div style={{ height: '100dvh' }}>
      <RiachoProvider baseUrl="/completo" owner={user}>
        <Chat />
      </RiachoProvider>
    </div>
  )
}
