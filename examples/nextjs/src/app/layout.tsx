import type { ReactNode } from 'react'
import './styles.css'

export const metadata = { title: 'Atendimento' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="pt-BR">
      <body>{children}</body>
    </html>
  )
}
