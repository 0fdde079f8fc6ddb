import { useEffect, useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { readColours, watchColours } from '../../browser/appearance.ts'
import { CodeText } from './codeText.tsx'
import type { Drawing } from './engines/mermaid.ts'
import { whenIdle } from './engines/whenIdle.ts'

/** A Mermaid diagram. It shows its source until it is drawn, and for good if it cannot be. */
export function Diagram({ source }: { source: string }) {
  const t = useTranslations()
  const drawing = useDrawing(source)
  const [isSource, setSource] = useState(false)
  return (
    <div className="code">
      <div className="code-head">
        <span>mermaid</span>
        {drawing && (
          <button type="button" aria-pressed={isSource} onClick={() => setSource(!isSource)}>
            {t('markdown.diagramSource')}
          </button>
        )}
      </div>
      {drawing && !isSource ? (
        <div className="diagram">
          <img
            src={drawing.url}
            width={drawing.width}
            height={drawing.height}
            alt={`${t('markdown.diagram')}: ${source}`}
          />
        </div>
      ) : (
        <CodeText language="mermaid" code={source} isOpen={false} />
      )}
    </div>
  )
}

/** Loads what draws diagrams while one is being written. */
export function usePreparedDrawing(isExpected: boolean): void {
  useEffect(() => {
    if (isExpected) whenIdle(async () => void (await import('./engines/mermaid.ts')))
  }, [isExpected])
}

/** After a change of colours the old drawing stays until the new one is there. */
function useDrawing(source: string): Drawing | null {
  const colours = useSyncExternalStore(watchColours, readColours, () => '')
  const [drawn, setDrawn] = useState<{ source: string; drawing: Drawing } | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the page as it is drawn
  useEffect(() => {
    let isCurrent = true
    whenIdle(async () => {
      if (!isCurrent) return
      const { drawDiagram } = await import('./engines/mermaid.ts')
      const drawing = await drawDiagram(source)
      if (isCurrent && drawing) setDrawn({ source, drawing })
    })
    return () => {
      isCurrent = false
    }
  }, [source, colours])
  return drawn?.source === source ? drawn.drawing : null
}
