import { memo, useLayoutEffect, useRef, useState } from 'react'
import type { FormulaText } from './engines/katex.ts'
import { loadSetter, setFormula } from './engines/setFormula.ts'

interface FormulaProps extends FormulaText {
  /** It is still being written. */
  isOpen?: boolean
}

/** A formula. It shows its TeX until it can be set, and for good if it is broken. */
export const Formula = memo(function Formula({ tex, isDisplay, isOpen = false }: FormulaProps) {
  const box = useRef<HTMLSpanElement>(null)
  const [set, setSet] = useState('')
  const key = `${isDisplay} ${tex}`
  useLayoutEffect(() => {
    if (isOpen) loadSetter()
    else if (box.current) return setFormula(box.current, { tex, isDisplay }, isSet => isSet && setSet(key))
  }, [tex, isDisplay, isOpen, key])
  const isSet = set === key
  const Box = isDisplay ? 'div' : 'span'
  return (
    <Box className={isDisplay ? 'formula display' : 'formula'} tabIndex={isDisplay ? 0 : undefined}>
      {!isSet && <code>{tex}</code>}
      <span ref={box} hidden={!isSet} />
    </Box>
  )
})
