import { useContext, useMemo } from 'react'
import type { Source } from '../../../protocol/parts.ts'
import { useFiles } from '../../files.ts'
import type { Passages } from '../../markdown/documentContext.ts'
import { PanelsContext } from '../panels/panels.ts'

/** The address of a document at the page of a passage, if it has pages. */
export function atPage(url: string, { page }: Source): string {
  return page === undefined ? url : `${url}#page=${page}`
}

/** How links to passages work on this page. `null`: nothing leads to them. */
export function usePassages(): Passages | null {
  const files = useFiles()
  const panels = useContext(PanelsContext)
  return useMemo(
    () =>
      files && {
        urlOf(source) {
          const url = files.urlOf(source.fileId ?? '')
          return url && atPage(url, source)
        },
        ...(panels && { show: source => panels.show({ name: 'passage', source }) }),
      },
    [files, panels],
  )
}
