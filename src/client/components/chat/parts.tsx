import { useTranslations } from 'use-intl'
import type { Break, Part, Source } from '../../../protocol/events.ts'
import { acrossBreaks } from '../../markdown/acrossBreaks.ts'
import { OUTSIDE, safeUrl } from '../../markdown/links.ts'
import { Markdown } from '../../markdown/markdown.tsx'

/** What a reply is made of: text, the model's reasoning folded away, and its sources at the end. */
export function Parts({ parts, isStreaming }: { parts: readonly Part[]; isStreaming: boolean }) {
  const t = useTranslations()
  const drawn = acrossBreaks(parts)
  const lastText = drawn.findLastIndex(part => 'text' in part && part.text !== '')
  const sources = parts.filter(part => part.type === 'source')
  return (
    <>
      {drawn.map((part, index) => {
        if (part.type === 'source' || part.type === 'file') return null
        // biome-ignore lint/suspicious/noArrayIndexKey: parts are only ever appended
        if (part.type === 'break') return <BreakNote key={index} {...part} />
        if (part.text === '') return null
        const isGrowing = isStreaming && index >= lastText
        const text = <Markdown text={part.text} isStreaming={isGrowing} />
        // biome-ignore-start lint/suspicious/noArrayIndexKey: parts are only ever appended
        if (part.type !== 'reasoning') return <div key={index}>{text}</div>
        return (
          <details key={index} className="mb-3 rounded-lg border border-line px-3 py-2 text-muted text-sm">
            <summary className="cursor-pointer select-none">{t('message.reasoning')}</summary>
            <div className="mt-2">{text}</div>
          </details>
        )
        // biome-ignore-end lint/suspicious/noArrayIndexKey: parts are only ever appended
      })}
      {sources.length > 0 && <Sources sources={sources} />}
    </>
  )
}

/** Where the reply broke off once, and was taken up again. */
function BreakNote({ code }: Break) {
  const t = useTranslations()
  return (
    <p className="my-4 border-line border-l-3 pl-3 text-muted text-sm">
      {code ? t(`errors.${code}`) : t('message.stopped')} {t('message.continued')}
    </p>
  )
}

function Sources({ sources }: { sources: readonly Source[] }) {
  const t = useTranslations()
  return (
    <div className="mt-4 text-sm">
      <h3 className="font-medium text-muted">{t('message.sources')}</h3>
      <ol className="mt-1 list-decimal space-y-1 pl-5">
        {sources.map(({ url, title }, index) => {
          const address = safeUrl(url)
          // biome-ignore lint/suspicious/noArrayIndexKey: sources are only ever appended
          return <li key={index}>{address ? <SourceLink url={address} title={title} /> : title || url}</li>
        })}
      </ol>
    </div>
  )
}

function SourceLink({ url, title }: Source) {
  return (
    <a href={url} {...OUTSIDE} className="break-words text-accent underline underline-offset-2">
      {title || url}
    </a>
  )
}
