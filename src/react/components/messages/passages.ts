import { useContext, useMemo } from 'react'
import type { Source } from '../../../protocol/parts.ts'
import { PATHS } from '../../../protocol/paths.ts'
import type { Passages } from '../../markdown/documentContext.ts'
import { PanelsContext } from '../panels/panels.ts'

/** Where the document of a passage is, at its page if it has pages. */
export function passageUrl({ fileId = '', page }: Source, urlOfFile: (fileId: string) => string): string {
  return `${urlOfFile(fileId)}${page === undefined ? '' : `#page=${page}`}`
}

/** Shows passages over the page. */
export function usePassages(): Passages {
  const panels = useContext(PanelsContext)
  return useMemo(
    () => ({
      urlOf: source => passageUrl(source, PATHS.file),
      ...(panels && { show: source => panels.show({ name: 'passage', source }) }),
    }),
    [panels],
  )
}
