import { useEffect, useState } from 'react'
import { highlight, type Run } from './engines/highlight.ts'

const NOTHING = { code: '', runs: [] }

export interface CodeTextProps {
  language: string
  code: string
  /** It is still being written. */
  isOpen: boolean
}

/** Code in a box that scrolls. It gets its colours once it is complete. */
export function CodeText({ language, code, isOpen }: CodeTextProps) {
  const runs = useHighlight({ language, code, isOpen })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
    <pre tabIndex={0}>
      <code className={language && `language-${language}`}>{runs.map(drawRun)}</code>
    </pre>
  )
}

function drawRun([text, scope]: Run, index: number) {
  if (scope === '') return text
  return (
    <span key={index} className={scope}>
      {text}
    </span>
  )
}

/** New code is plain until all of it is coloured. */
function useHighlight({ language, code, isOpen }: CodeTextProps): readonly Run[] {
  const [found, setFound] = useState<{ code: string; runs: readonly Run[] }>(NOTHING)
  useEffect(() => {
    if (isOpen || language === '') return
    let isCurrent = true
    void highlight(language, code).then(runs => {
      if (isCurrent && runs) setFound({ code, runs })
    })
    return () => {
      isCurrent = false
    }
  }, [language, code, isOpen])
  if (found.code === code) return found.runs
  return code.startsWith(found.code) ? [...found.runs, [code.slice(found.code.length), '']] : [[code, '']]
}
