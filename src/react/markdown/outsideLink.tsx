import { Fragment, type MouseEvent, type ReactNode, useContext } from 'react'
import type { Source } from '../../protocol/parts.ts'
import { PassagesContext, SourcesContext } from './documentContext.ts'
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
  if (!source) return text
  return (
    <SourceLink source={source} className="citation" title={sourceText(source)}>
      {text}
    </SourceLink>
  )
}

interface SourceLinkProps {
  source: Source
  className: string
  title?: string
  children: ReactNode
}

/** A link to a source: to another site, or to a passage of a document. Without an address that a reply may link to, its text. */
export function SourceLink({ source, className, title, children }: SourceLinkProps) {
  const passages = useContext(PassagesContext)
  const isPassage = source.fileId !== undefined
  const address = isPassage ? passages?.urlOf(source) : safeUrl(source.url)
  const show = isPassage ? passages?.show : undefined
  if (!address && !show) return children
  if (!address) {
    return (
      <button
        type="button"
        aria-haspopup="dialog"
        className={className}
        title={title}
        onClick={() => show?.(source)}
      >
        {children}
      </button>
    )
  }
  const onClick = (event: MouseEvent) => {
    // Whoever wants another tab gets the document there.
    if (!show || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    show(source)
  }
  return (
    <a
      href={address}
      {...OUTSIDE}
      className={className}
      title={title}
      {...(show && { onClick, 'aria-haspopup': 'dialog' as const })}
    >
      {children}
    </a>
  )
}
