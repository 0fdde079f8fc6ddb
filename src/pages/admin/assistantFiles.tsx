import { type FormEvent, useRef, useState } from 'react'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type {
  AdminAssistantResponse,
  AdminAssistantsResponse,
  AdminCheckResponse,
} from '../../protocol/admin/adminResponses.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { FIELD, Loaded, Problems } from './adminParts.tsx'
import type { AdminTexts } from './texts/adminPortuguese.ts'
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
            <>
              <NewFile taken={assistants.map(({ id }) => id)} onSaved={data.read} />
              <Button shape="secondary" className="mt-4" onClick={reload}>
                {texts.reload}
              </Button>
            </>
          )}
          <p role="status" className="mt-2 min-h-6 text-sm">
            {said}
          </p>
        </>
      )}
    </Loaded>
  )
}

/** The least that a file of an assistant has. */
const template = (texts: AdminTexts) => `---\nname: ${texts.newName}\n---\n${texts.newInstructions}\n`

/** Asks for the name of a new file, and opens it. */
function NewFile({ taken, onSaved }: { taken: readonly string[]; onSaved(): void }) {
  const texts = useAdminTexts()
  const [id, setId] = useState<string | null>(null)
  const [isTaken, setTaken] = useState(false)
  const begin = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const chosen = String(new FormData(event.currentTarget).get('id'))
    setTaken(taken.includes(chosen))
    if (!taken.includes(chosen)) setId(chosen)
  }
  if (id !== null)
    return (
      <FileForm
        file={{ id, text: template(texts), version: undefined }}
        onSaved={onSaved}
        onClose={() => setId(null)}
      />
    )
  return (
    <form className="mt-6 flex flex-wrap items-end gap-2" onSubmit={begin}>
      <label className="min-w-0 flex-1 basis-60 text-sm">
        {texts.newAssistant}
        <input
          name="id"
          required
          pattern="[a-z0-9\\-]{1,64}"
          title={texts.fileNameRule}
          aria-invalid={isTaken}
          autoComplete="off"
          maxLength={64}
          className={FIELD}
        />
      </label>
      <Button shape="secondary" type="submit" className="h-11">
        {texts.begin}
      </Button>
      <p role="status" className="w-full text-danger text-sm">
        {isTaken && texts.fileTaken}
      </p>
    </form>
  )
}

function FileEditor({ id, ...rest }: { id: string; onSaved(): void; onClose(): void }) {
  const data = useAdminData<AdminAssistantResponse>(ADMIN_PATHS.assistant(id))
  return <Loaded data={data}>{file => <FileForm key={file.version} file={file} {...rest} />}</Loaded>
}

/** A file without a version is new. */
type EditedFile = Omit<AdminAssistantResponse, 'version'> & { version: string | undefined }

/** Checks and saves what is in the field of a file. */
function useFileForm(file: EditedFile, onSaved: () => void) {
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

function FileForm({ file, onSaved, onClose }: { file: EditedFile; onSaved(): void; onClose(): void }) {
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
