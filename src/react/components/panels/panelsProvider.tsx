import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Failure } from '../../../client/chat/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { ChatState } from '../../../client/chat/chatState.ts'
import { focusedElement, focusPage, visibleSearchField } from '../controls/focus.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'
import { CoveredContext, type Panel, type PanelProps, type Panels, PanelsContext } from './panels.ts'

const parts = {
  list: partSource(() => import('../chat/drawer.tsx').then(({ Drawer }) => Drawer)),
  palette: partSource(() => import('./palette.tsx').then(({ Palette }) => Palette)),
  settings: partSource(() => import('./settingsDialog.tsx').then(({ SettingsDialog }) => SettingsDialog)),
  shortcuts: partSource(() => import('./shortcutSheet.tsx').then(({ ShortcutSheet }) => ShortcutSheet)),
  rename: partSource(() => import('../list/renameDialog.tsx').then(({ RenameDialog }) => RenameDialog)),
  share: partSource(() => import('./shareDialog.tsx').then(({ ShareDialog }) => ShareDialog)),
}

interface PanelsProviderProps {
  client: ChatClient
  state: ChatState
  /** The list as the drawer of a small screen shows it. */
  drawerList(panels: PanelProps): ReactNode
  onSearch(query: string): void
  children: ReactNode
}

/** Draws whatever panel is open over `children`, who open them. */
export function PanelsProvider({ client, state, drawerList, onSearch, children }: PanelsProviderProps) {
  const [panel, setPanel] = useState<Panel | null>(null)
  const open = useRef<Panel | null>(null)
  const place = useRef<HTMLElement | null>(null)

  const change = useCallback((next: Panel | null) => {
    open.current = next
    setPanel(next)
  }, [])
  const panels = useMemo<Panels>(() => {
    const panels: Panels = {
      show: next => {
        if (!open.current) place.current = focusedElement()
        change(next)
      },
      preload: name => parts[name].preload(),
      search: (query = '') => {
        onSearch(query)
        const field = visibleSearchField()
        if (!field) return panels.show({ name: 'list', isForSearch: true })
        place.current = field
        change(null)
        field.focus()
      },
    }
    return panels
  }, [change, onSearch])
  // One that is gone, and closes itself when its answer comes, closes no other.
  const onClose = useCallback(() => {
    if (open.current === panel) change(null)
  }, [change, panel])
  const returnFocus = useCallback((event: Event) => {
    event.preventDefault()
    if (open.current || focusedElement()) return
    if (place.current?.isConnected) place.current.focus()
    else focusPage()
  }, [])
  const onMissing = useCallback(
    (failure: Failure) => {
      change(null)
      client.setNotice(failure)
    },
    [change, client],
  )

  useEffect(
    () =>
      whenIdle(() => {
        for (const { preload } of Object.values(parts)) preload()
      }),
    [],
  )

  const props = { client, panels, onClose, returnFocus }
  return (
    <PanelsContext value={panels}>
      <CoveredContext value={panel?.name === 'list'}>{children}</CoveredContext>
      {panel && (
        <OpenPanel panel={panel} state={state} drawerList={drawerList} props={props} onMissing={onMissing} />
      )}
    </PanelsContext>
  )
}

interface OpenPanelProps extends Pick<PanelsProviderProps, 'state' | 'drawerList'> {
  panel: Panel
  props: PanelProps
  onMissing(failure: Failure): void
}

function OpenPanel({ panel, state, drawerList, props, onMissing }: OpenPanelProps) {
  switch (panel.name) {
    case 'list': {
      const drawer = { ...props, isForSearch: panel.isForSearch, children: drawerList(props) }
      return <LazyPart key={panel.name} source={parts.list} props={drawer} onMissing={onMissing} />
    }
    case 'palette':
      return (
        <LazyPart key={panel.name} source={parts.palette} props={{ ...props, state }} onMissing={onMissing} />
      )
    case 'rename':
    case 'share': {
      const { conversation } = panel
      const source = parts[panel.name]
      return (
        <LazyPart key={panel.name} source={source} props={{ ...props, conversation }} onMissing={onMissing} />
      )
    }
    default:
      return <LazyPart key={panel.name} source={parts[panel.name]} props={props} onMissing={onMissing} />
  }
}

/** Runs `callback` once the page has nothing better to do. Gives the way to call it off. */
function whenIdle(callback: () => void): () => void {
  if (typeof requestIdleCallback === 'function') {
    const handle = requestIdleCallback(callback, { timeout: 10_000 })
    return () => cancelIdleCallback(handle)
  }
  const timer = setTimeout(callback, 3_000)
  return () => clearTimeout(timer)
}
