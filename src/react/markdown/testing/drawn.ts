import { createElement, type ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { TextProvider } from '../../components/textProvider.tsx'
import { CATALOGUES } from '../../i18n/catalogues.ts'
import { Markdown } from '../markdown.tsx'

/** Part of the page in Portuguese, as HTML. */
export function markupOf(children: ReactNode): string {
  const messages = CATALOGUES['pt-BR']
  return renderToStaticMarkup(createElement(TextProvider, { locale: 'pt-BR', messages, children }))
}

/** A reply's text as HTML. */
export function drawn(text: string, isStreaming = false): string {
  return markupOf(createElement(Markdown, { text, isStreaming }))
}

/** What a person reads of a reply's text, with a line for each block and without the headers of code. */
export function visible(text: string, isStreaming = false): string {
  return drawn(text, isStreaming)
    .replace(/<div class="code-head">.*?<\/div>/g, '')
    .replace(/<\/(?:p|li|h3|h4|pre|td|th|div|tr)>|<br\/>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#x27;/g, "'")
    .replace(/&amp;/g, '&')
}
