import type { Metadata } from 'next'
import { SharedPage } from '../../../client/components/sharedPage.tsx'

export const metadata: Metadata = { robots: { index: false, follow: false }, referrer: 'no-referrer' }

/** A conversation that somebody shared, as it was then. */
export default async function ShareRoute({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  return <SharedPage shareId={id} />
}
