import { Fragment, type ReactNode, useContext } from 'react'
import type { Source } from '../../protocol/parts.ts'
import { SourcesContext } from './documentContext.ts'
import { hostUnlike, OUTSIDE, safeUrl, sourceText } from './links.ts'

interface OutsideLinkProps {
  href: string
  /** What the link says. It is compared with where the link leads. */
  text: string
  children: ReactNode
}

/** A link out of the page. If no reply may link to its address, only its text is drawn. */
export function OutsideLink({ href, text, children }: OutsideLinkProps) {
  const sources = useContext(SourcesContext)
  const address = safeUrl(href)
  if (address === '') return <span>{children}</span>
  const number = sources.findIndex(({ url }) => url === address) + 1
  const source = sources[number - 1]
  const host = hostUnlike(text, address)
  return (
    <>
      <a href={address} {...OUTSIDE} title={source && sourceText(source)}>
        {children}
        {number > 0 && <sup>{number}</sup>}
      </a>
      {host !== '' && ` (${host})`}
    </>
  )
}

/** `[1]` or `[1, 2]` in a text. They are links to those sources of the message, if it has that many. */
export function Citation({ numbers, raw }: { numbers: readonly number[]; raw: string }) {
  const sources = useContext(SourcesContext)
  const [first = 0, ...others] = numbers
  if (others.length === 0) return <CitationLink source={sources[first - 1]} text={raw} />
  if (numbers.some(number => !sources[number - 1])) return raw
  return (
    <>
      {numbers.map((number, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the numbers of a mark stay
        <Fragment key={index}>
          {index === 0 ? '[' : ', '}
          <CitationLink source={sources[number - 1]} text={String(number)} />
        </Fragment>
      ))}
      ]
    </>
  )
}

function CitationLink({ source, text }: { source: Source | undefined; text: string }) {
  const address = source ? safeUrl(source.url) : ''
  if (!source || address === '') return text
  return (
    <a href={address} {...OUTSIDE} className="citation" title={sourceText(source)}>
      {text}
    </a>
  )
}
