import { FileText } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Failure } from '../../../client/api.ts'
import type { PassageResponse } from '../../../protocol/fileResponses.ts'
import type { Source } from '../../../protocol/parts.ts'
import { PATHS } from '../../../protocol/paths.ts'
import { useFileUrl } from '../../files.ts'
import { OUTSIDE } from '../../markdown/links.ts'
import { Modal } from '../controls/modal.tsx'
import { FailureNote } from '../messages/failureNote.tsx'
import { atPage } from '../messages/passages.ts'
import type { PanelProps } from './panels.ts'

type Passage = PassageResponse['passage']

/** A passage that a reply cites, as the model read it, and a link to the document it comes from. */
export function PassageDialog({ client, source, ...props }: PanelProps & { source: Source }) {
  const t = useTranslations()
  const { fileId = '', passage: place = 1 } = source
  const file = useFileUrl(fileId)
  const [passage, setPassage] = useState<Passage | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  useEffect(() => {
    void client
      .call<PassageResponse>({ method: 'GET', path: PATHS.passage(fileId, place) })
      .then(result => (result.ok ? setPassage(result.value.passage) : setFailure(result.failure)))
  }, [client, fileId, place])
  return (
    <Modal title={source.title} body={t('passage.body')} isWide {...props}>
      <FailureNote failure={failure} />
      <p
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
        tabIndex={0}
        dir="auto"
        className="mt-4 h-80 max-h-[50vh] overflow-auto whitespace-pre-wrap break-words rounded-lg border border-line px-3 py-2 text-sm"
      >
        {passage?.text.trim() ?? (failure ? '' : t('passage.reading'))}
      </p>
      {file && (
        <a
          href={atPage(file, source)}
          {...OUTSIDE}
          className="mt-4 inline-flex items-center gap-2 text-accent text-sm underline underline-offset-2 pointer-coarse:py-3"
        >
          <FileText aria-hidden className="size-4" />
          {source.page === undefined ? t('passage.open') : t('passage.openPage', { page: source.page })}
        </a>
      )}
    </Modal>
  )
}
