import { memo, useLayoutEffect, useRef, useState } from 'react'
import type { FormulaText } from './engines/katex.ts'
import { loadSetter, setFormula } from './engines/setFormula.ts'

interface FormulaProps extends FormulaText {
  /** It is still being written. */
  isOpen?: boolean
}

/** A formula. Until it is set, its TeX keeps the room for it and cannot be seen. If it is broken, its TeX is shown. */
export const Formula = memo(function Formula({ tex, isDisplay, isOpen = false }: FormulaProps) {
  const box = useRef<HTMLSpanElement>(null)
  const [tried, setTried] = useState({ key: '', isSet: false })
  const key = `${isDisplay} ${tex}`
  useLayoutEffect(() => {
    if (isOpen) loadSetter()
    else if (box.current)
      return setFormula(box.current, { tex, isDisplay }, isSet => setTried({ key, isSet }))
  }, [tex, isDisplay, isOpen, key])
  const isSet = tried.key === key && tried.isSet
  const isBroken = !isOpen && tried.key === key && !tried.isSet
  const Box = isDisplay ? 'div' : 'span'
  return (
    <Box className={isDisplay ? 'formula display' : 'formula'} tabIndex={isDisplay ? 0 : undefined}>
      {!isSet && <code className={isBroken ? undefined : 'unset'}>{tex}</code>}
      <span ref={box} hidden={!isSet} />
    </Box>
  )
})
