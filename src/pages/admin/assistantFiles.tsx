import { useRef, useState } from 'react'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type {
  AdminAssistantResponse,
  AdminAssistantsResponse,
  AdminCheckResponse,
} from '../../protocol/admin/adminResponses.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { Loaded } from './adminParts.tsx'
import { callAdmin, useAdminData } from './useAdminData.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** The assistants, and their files. */
export function AssistantFiles() {
  const texts = useAdminTexts()
  const data = useAdminData<AdminAssistantsResponse>(ADMIN_PATHS.assistants)
  const [opened, setOpened] = useState<string | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [said, setSaid] = useState('')
  const reload = async () => {
    setSaid('')
    const result = await callAdmin({ method: 'POST', path: ADMIN_PATHS.reload })
    setFailure(result.ok ? null : result.failure)
    if (result.ok) setSaid(texts.reloaded)
    data.read()
  }
  return (
    <Loaded data={data}>
      {({ assistants, isEditable }) => (
        <>
          <p className="mt-1 text-muted">{isEditable ? texts.assistantsBody : texts.notEditable}</p>
          <FailureNote failure={failure} />
          <ul className="mt-4 space-y-2">
            {assistants.map(({ id, name, model }, index) => (
              <li key={id} className="rounded-xl border border-line bg-surface px-4 py-3">
                <div className="flex flex-wrap items-center justify-between gap-x-4">
                  <p className="min-w-0 break-words">
                    <span className="font-medium">{name}</span>{' '}
                    {index === 0 && <span className="text-muted text-sm">({texts.isDefault})</span>}
                    <span className="block text-muted text-sm">
                      {id}.md · {texts.model}: {model}
                    </span>
                  </p>
                  {isEditable && (
                    <Button
                      shape="secondary"
                      aria-expanded={opened === id}
                      aria-label={`${texts.edit}: ${name}`}
                      onClick={() => setOpened(opened === id ? null : id)}
                    >
                      {texts.edit}
                    </Button>
                  )}
                </div>
                {opened === id && <FileEditor id={id} onSaved={data.read} onClose={() => setOpened(null)} />}
              </li>
            ))}
          </ul>
          {isEditable && (
            <Button shape="secondary" className="mt-4" onClick={reload}>
              {texts.reload}
            </Button>
          )}
          <p role="status" className="mt-2 min-h-6 text-sm">
            {said}
          </p>
        </>
      )}
    </Loaded>
  )
}

function FileEditor({ id, ...rest }: { id: string; onSaved(): void; onClose(): void }) {
  const data = useAdminData<AdminAssistantResponse>(ADMIN_PATHS.assistant(id))
  return <Loaded data={data}>{file => <FileForm key={file.version} file={file} {...rest} />}</Loaded>
}

/** Checks and saves what is in the field of a file. */
function useFileForm(file: AdminAssistantResponse, onSaved: () => void) {
  const texts = useAdminTexts()
  const field = useRef<HTMLTextAreaElement>(null)
  const [version, setVersion] = useState(file.version)
  const [problems, setProblems] = useState<readonly string[] | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [said, setSaid] = useState('')
  const textNow = () => field.current?.value ?? ''
  const check = async () => {
    setSaid('')
    const path = ADMIN_PATHS.check(file.id)
    const result = await callAdmin<AdminCheckResponse>({ method: 'POST', path, body: { text: textNow() } })
    setFailure(result.ok ? null : result.failure)
    if (!result.ok) return false
    setProblems(result.value.problems)
    if (result.value.problems.length === 0) setSaid(texts.fine)
    return result.value.problems.length === 0
  }
  const save = async () => {
    if (!(await check())) return
    const result = await callAdmin<AdminAssistantResponse>({
      method: 'PUT',
      path: ADMIN_PATHS.assistant(file.id),
      body: { text: textNow(), version },
    })
    setFailure(result.ok ? null : result.failure)
    setSaid(result.ok ? texts.saved : '')
    if (!result.ok) return
    setVersion(result.value.version)
    onSaved()
  }
  return { field, problems, failure, said, check, save }
}

function FileForm({
  file,
  onSaved,
  onClose,
}: {
  file: AdminAssistantResponse
  onSaved(): void
  onClose(): void
}) {
  const texts = useAdminTexts()
  const { field, problems, failure, said, check, save } = useFileForm(file, onSaved)
  return (
    <div className="mt-3">
      <label className="text-sm">
        {texts.file(file.id)}
        <textarea
          ref={field}
          defaultValue={file.text}
          spellCheck={false}
          rows={16}
          aria-invalid={problems !== null && problems.length > 0}
          className="mt-1 block w-full rounded-lg border border-line-strong bg-bg px-3 py-2 font-mono text-sm"
        />
      </label>
      <FailureNote failure={failure} />
      <Problems problems={problems ?? []} />
      <p role="status" className="mt-2 min-h-6 text-sm">
        {said}
      </p>
      <div className="mt-1 flex flex-wrap gap-2">
        <Button shape="primary" onClick={save}>
          {texts.save}
        </Button>
        <Button shape="secondary" onClick={check}>
          {texts.check}
        </Button>
        <Button shape="quiet" onClick={onClose}>
          {texts.close}
        </Button>
      </div>
    </div>
  )
}

function Problems({ problems }: { problems: readonly string[] }) {
  const texts = useAdminTexts()
  return (
    <div role="alert">
      {problems.length > 0 && (
        <div className="mt-2 rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">
          <p>{texts.problems}</p>
          <ul className="list-disc break-words pl-5">
            {problems.map(problem => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
