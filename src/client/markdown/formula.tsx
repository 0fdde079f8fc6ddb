import { memo, useEffect, useRef, useState } from 'react'
import { whenIdle } from './idle.ts'

interface FormulaProps {
  tex: string
  /** It stands on lines of its own. */
  isDisplay: boolean
  /** It is still being written. */
  isOpen?: boolean
}

/** A formula: as the code it is written in until it can be set, and for good when it is broken. */
export const Formula = memo(function Formula({ tex, isDisplay, isOpen = false }: FormulaProps) {
  const box = useRef<HTMLSpanElement>(null)
  const [set, setSet] = useState('')
  const key = `${isDisplay} ${tex}`
  useEffect(() => {
    if (isOpen) return
    const signal = new AbortController()
    void whenIdle(async () => {
      const { renderFormula } = await import('./katex.ts')
      if (signal.signal.aborted || !box.current) return
      if (renderFormula(box.current, { tex, isDisplay })) setSet(key)
    })
    return () => signal.abort()
  }, [tex, isDisplay, isOpen, key])
  const isSet = set === key
  const Box = isDisplay ? 'div' : 'span'
  return (
    <Box className={isDisplay ? 'formula display' : 'formula'}>
      {!isSet && <code>{tex}</code>}
      <span ref={box} hidden={!isSet} />
    </Box>
  )
})
