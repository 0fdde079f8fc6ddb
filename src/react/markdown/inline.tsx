import { Fragment, memo, type ReactNode, useContext } from 'react'
import { cutLongWords } from '../cutLongWords.tsx'
import { SurroundingsContext } from './documentContext.ts'
import { FootnoteReference } from './footnotes.tsx'
import { Formula } from './formula.tsx'
import { Image } from './image.tsx'
import { Citation, OutsideLink } from './outsideLink.tsx'
import { decodeCharacterReferences } from './parsing/characterReferences.ts'
import type { MarkdownToken } from './parsing/grammar.ts'
import { pairElements } from './parsing/pairElements.ts'
import { ParserContext } from './parsing/parserContext.ts'

/** One leaf of a text. It is parsed again only when its text changes, or a definition that it refers to. */
export const Inline = memo(function Inline({ text }: { text: string }) {
  const surroundings = useContext(SurroundingsContext)
  const { parseInline } = useContext(ParserContext)
  return drawInline(parseInline(text, surroundings), false)
})

function drawInline(tokens: readonly MarkdownToken[], isInLink: boolean): ReactNode {
  return pairElements(tokens).map((token, index) => {
    const drawn = drawToken(token, isInLink)
    // biome-ignore lint/suspicious/noArrayIndexKey: a leaf only grows at its end
    return typeof drawn === 'string' ? drawn : <Fragment key={index}>{drawn}</Fragment>
  })
}

function drawToken(token: MarkdownToken, isInLink: boolean): ReactNode {
  const inside = () => drawInline(('tokens' in token ? token.tokens : []) as MarkdownToken[], isInLink)
  switch (token.type) {
    case 'strong':
      return <strong>{inside()}</strong>
    case 'em':
      return <em>{inside()}</em>
    case 'del':
      return <del>{inside()}</del>
    case 'element': {
      const Tag = token.tag
      return <Tag>{inside()}</Tag>
    }
    case 'codespan':
      return <code>{cutLongWords(token.text)}</code>
    case 'br':
      return <br />
    case 'link': {
      const content = drawInline(token.tokens as MarkdownToken[], true)
      if (isInLink) return content
      const href = token.autolink ? token.href : decodeCharacterReferences(token.href)
      return (
        <OutsideLink href={href} text={plainText(token.tokens as MarkdownToken[])}>
          {content}
        </OutsideLink>
      )
    }
    case 'image': {
      const alt = plainText(token.tokens as MarkdownToken[])
      return isInLink ? alt : <Image alt={alt} address={decodeCharacterReferences(token.href)} />
    }
    case 'formula':
      return <Formula tex={token.tex} isDisplay={token.isDisplay} />
    case 'footnoteReference':
      return <FootnoteReference label={token.label} />
    case 'citation':
      return <Citation numbers={token.numbers} raw={token.raw} />
    case 'unread':
      return <span className="whitespace-pre-wrap">{cutLongWords(token.raw)}</span>
    case 'pendingReference':
      return inside()
    case 'escape':
      return token.text
    case 'html':
      return /^<br\s*\/?>$/i.test(token.raw) ? <br /> : token.raw
    default:
      return cutLongWords(decodeCharacterReferences(token.raw))
  }
}

function plainText(tokens: readonly MarkdownToken[]): string {
  return tokens
    .map(token => {
      if ('tokens' in token && token.tokens) return plainText(token.tokens as MarkdownToken[])
      return token.type === 'escape' || token.type === 'codespan'
        ? token.text
        : decodeCharacterReferences(token.raw)
    })
    .join('')
}
