import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Diagnosis } from '../../../protocol/probe.ts'
import { focusHome } from '../controls/focus.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'

const advice = partSource(() =>
  import('./bufferingAdvice.tsx').then(({ BufferingAdvice }) => BufferingAdvice),
)

/** Says that replies are held back, once a probe found it. The advice is fetched then, because few ever see it. */
export function BufferingNotice({ client, diagnosis }: { client: ChatClient; diagnosis: Diagnosis | null }) {
  const onDismiss = () => {
    client.dismissBuffering()
    focusHome()
  }
  return (
    <div className="column px-4" role="status">
      {diagnosis && <LazyPart source={advice} props={{ diagnosis, onDismiss }} onMissing={() => {}} />}
    </div>
  )
}
