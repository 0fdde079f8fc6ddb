import type { Failure } from '../../../client/api.ts'
import { useFailureText } from '../controls/useFailureText.ts'

/** Says in a dialog why something did not happen. */
export function FailureNote({ failure }: { failure: Failure | null }) {
  const describe = useFailureText()
  return (
    <div role="alert">
      {failure && (
        <p className="mb-3 rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">{describe(failure)}</p>
      )}
    </div>
  )
}
