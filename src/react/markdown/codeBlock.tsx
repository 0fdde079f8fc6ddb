import { Check, Copy, WrapText } from 'lucide-react'
import { memo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useCopied } from '../useCopied.ts'
import { CodeText, type CodeTextProps } from './codeText.tsx'
import { Diagram, usePreparedDrawing } from './diagram.tsx'

/** Code with its language and a button that copies it. It gets its colours once it is complete. */
export const CodeBlock = memo(function CodeBlock({ language, code, isOpen }: CodeTextProps) {
  const t = useTranslations()
  const isDiagram = language === 'mermaid'
  const [isWrapped, setWrapped] = useState(false)
  usePreparedDrawing(isDiagram && isOpen)
  if (isDiagram && !isOpen) return <Diagram source={code} />
  return (
    <div className={isWrapped ? 'code wrapped' : 'code'}>
      <div className="code-head">
        <span>{language || t('markdown.code')}</span>
        <span className="code-buttons">
          <button
            type="button"
            aria-label={t('markdown.wrapCode')}
            title={t('markdown.wrapCode')}
            aria-pressed={isWrapped}
            onClick={() => setWrapped(!isWrapped)}
          >
            <WrapText aria-hidden />
          </button>
          <CopyButton text={code} />
        </span>
      </div>
      <CodeText language={language} code={code} isOpen={isOpen} />
    </div>
  )
})

function CopyButton({ text }: { text: string }) {
  const t = useTranslations()
  const { isCopied, copy } = useCopied(text)
  const Icon = isCopied ? Check : Copy
  return (
    <button type="button" onClick={copy}>
      <Icon aria-hidden />
      <span aria-live="polite">{isCopied ? t('markdown.codeCopied') : t('markdown.copyCode')}</span>
    </button>
  )
}
