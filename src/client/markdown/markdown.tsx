import { memo, type ReactNode, useRef } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { type Blocks, codeOfOpenFence, hasDefinitions, NO_BLOCKS, splitBlocks } from './blocks.ts'
import { OUTSIDE, safeUrl } from './links.ts'

const PLUGINS = [remarkGfm]

/** What a model wrote is untrusted: no HTML, no image that loads by itself, no link but to the outside. */
const COMPONENTS: Components = {
  a: ({ href, children }) => <OutsideLink href={href}>{children}</OutsideLink>,
  img: ({ src, alt }) => {
    const address = typeof src === 'string' ? src : ''
    return <OutsideLink href={address}>{[alt, address].filter(Boolean).join(' – ')}</OutsideLink>
  },
  input: ({ checked }) => <span>{checked ? '☑' : '☐'}</span>,
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
    <div className="table" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
  // A reply is under a heading of its own, and models like to begin with the third level.
  h1: ({ children }) => <h3 className="large">{children}</h3>,
  h2: ({ children }) => <h3 className="large">{children}</h3>,
  h5: 'h4',
  h6: 'h4',
}

/**
 * A reply's text. While `isStreaming`, each update parses only the block that grows; a finished text whose parts refer
 * to each other is parsed as one.
 */
export function Markdown({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  const { frozen, tail, tailIsOpenFence } = useBlocks(text)
  if (!isStreaming && hasDefinitions(text)) {
    return (
      <div className="markdown">
        <Block text={text} />
      </div>
    )
  }
  const blocks = tail === '' ? frozen : [...frozen, tail]
  return (
    <div className="markdown">
      {blocks.map((block, index) => {
        const isOpenFence = isStreaming && tailIsOpenFence && index === frozen.length
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever appended
        return isOpenFence ? <OpenFence key={index} tail={block} /> : <Block key={index} text={block} />
      })}
    </div>
  )
}

/** The split of the last text is kept as a cache only: the result is the same without it. */
function useBlocks(text: string): Blocks {
  const cache = useRef(NO_BLOCKS)
  if (cache.current.text !== text) cache.current = splitBlocks(text, cache.current)
  return cache.current
}

const Block = memo(function Block({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={safeUrl}>
      {text}
    </ReactMarkdown>
  )
})

/** Code that is still being written is not parsed at all, however long it grows. */
function OpenFence({ tail }: { tail: string }) {
  const { language, code } = codeOfOpenFence(tail)
  return (
    <CodeBlock>
      <code className={language && `language-${language}`}>{code}</code>
    </CodeBlock>
  )
}

function CodeBlock({ children }: { children: ReactNode }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
  return <pre tabIndex={0}>{children}</pre>
}

function OutsideLink({ href, children }: { href: string | undefined; children: ReactNode }) {
  if (!href) return <span>{children}</span>
  return (
    <a href={href} {...OUTSIDE}>
      {children}
    </a>
  )
}
