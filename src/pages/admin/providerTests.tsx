import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type {
  AdminProvider,
  AdminProvidersResponse,
  AdminTestResponse,
  ProviderState,
} from '../../protocol/admin/adminResponses.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { Loaded, Part } from './adminParts.tsx'
import { callAdmin, useAdminData } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** What writes the replies, and whether it works. */
export function ProviderTests() {
  const texts = useAdminTexts()
  const data = useAdminData<AdminProvidersResponse>(ADMIN_PATHS.providers)
  return (
    <>
      <p className="mt-1 text-muted">{texts.providersBody}</p>
      <Loaded data={data}>
        {({ providers, states }) => (
          <>
            <ul className="mt-4 space-y-2">
              {providers.map(provider => (
                <Provider key={provider.id} provider={provider} />
              ))}
            </ul>
            {states.length > 0 && (
              <Part title={texts.providerStates}>
                <p className="mt-1 text-muted text-sm">{texts.providerStatesBody}</p>
                <ul className="mt-3 space-y-2">
                  {states.map(state => (
                    <State key={state.name} of={state} />
                  ))}
                </ul>
                <Button shape="secondary" className="mt-4" onClick={data.read}>
                  {texts.readAgain}
                </Button>
              </Part>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

/** Whether a provider is asked now. */
function State({ of: { name, state, code, probeIn } }: { of: ProviderState }) {
  const t = useTranslations()
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const said = {
    closed: () => texts.asked,
    open: () => texts.notAsked(format.clock(Date.now() + (probeIn ?? 0))),
    'half-open': () => texts.probed,
  }
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3">
      <p className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="min-w-0 break-all font-medium">{name}</span>
        <span className={state === 'closed' ? 'text-sm' : 'text-danger text-sm'}>{said[state]()}</span>
      </p>
      {code && (
        <p className="text-muted text-sm">
          {t(`errors.${code}`)} ({code})
        </p>
      )}
    </li>
  )
}

function Provider({ provider: { id, models, lastEnd } }: { provider: AdminProvider }) {
  const texts = useAdminTexts()
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3">
      <h2 className="font-semibold">{id}</h2>
      <p className="text-muted text-sm">
        {texts.lastEnd}:{' '}
        {lastEnd ? [texts.figures[lastEnd.status], lastEnd.code].filter(Boolean).join(', ') : texts.noEnd}
      </p>
      <ul className="mt-2 divide-y divide-line">
        {models.map(model => (
          <ModelTest key={model} providerId={id} model={model} />
        ))}
      </ul>
    </li>
  )
}

function ModelTest({ providerId, model }: { providerId: string; model: string }) {
  const t = useTranslations()
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const [state, setState] = useState<'idle' | 'testing' | AdminTestResponse>('idle')
  const [failure, setFailure] = useState<Failure | null>(null)
  const test = async () => {
    setState('testing')
    const path = ADMIN_PATHS.test(providerId)
    const result = await callAdmin<AdminTestResponse>({ method: 'POST', path, body: { model } })
    setFailure(result.ok ? null : result.failure)
    setState(result.ok ? result.value : 'idle')
  }
  const isTesting = state === 'testing'
  return (
    <li className="py-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4">
        <code className="min-w-0 break-all">{model}</code>
        <Button
          shape="secondary"
          aria-label={`${isTesting ? texts.testing : texts.test}: ${model}`}
          aria-disabled={isTesting}
          onClick={test}
        >
          {isTesting ? texts.testing : texts.test}
        </Button>
      </div>
      <p role="status" className="text-sm">
        {typeof state === 'object' && state.code === null && texts.works(format.seconds(state.took))}
        {typeof state === 'object' && state.code !== null && (
          <span className="text-danger">
            {texts.fails(format.seconds(state.took))} {t(`errors.${state.code}`)} ({state.code})
          </span>
        )}
      </p>
      <FailureNote failure={failure} />
    </li>
  )
}
