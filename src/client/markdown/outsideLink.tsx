import { type ReactNode, useContext } from 'react'
import { SourcesContext } from './documentContext.ts'
import { hostUnlike, OUTSIDE, safeUrl } from './links.ts'

interface OutsideLinkProps {
  href: string
  /** What it says, to be compared with where it leads. */
  text: string
  children: ReactNode
}

/** A link out of the page, or its text alone when it leads to where no reply may lead. */
export function OutsideLink({ href, text, children }: OutsideLinkProps) {
  const sources = useContext(SourcesContext)
  const address = safeUrl(href)
  if (address === '') return <span>{children}</span>
  const number = sources.findIndex(({ url }) => url === address) + 1
  const host = hostUnlike(text, address)
  return (
    <>
      <a href={address} {...OUTSIDE} title={sources[number - 1]?.title}>
        {children}
        {number > 0 && <sup>{number}</sup>}
      </a>
      {host !== '' && ` (${host})`}
    </>
  )
}

/** `[1]` in a text: a link to that source of the message, if it has as many. */
export function Citation({ number }: { number: number }) {
  const source = useContext(SourcesContext)[number - 1]
  const address = source ? safeUrl(source.url) : ''
  if (!source || address === '') return `[${number}]`
  return (
    <a href={address} {...OUTSIDE} className="citation" title={source.title || address}>
      {`[${number}]`}
    </a>
  )
}
