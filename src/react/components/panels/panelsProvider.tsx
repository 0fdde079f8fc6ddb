import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { ChatState } from '../../../client/chat/chatState.ts'
import { onIdle } from '../../markdown/engines/whenIdle.ts'
import { focusedElement, focusPage, visibleSearchField } from '../controls/focus.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'
import { CoveredContext, type Panel, type PanelProps, type Panels, PanelsContext } from './panels.ts'

const parts = {
  list: partSource(() => import('../chat/drawer.tsx').then(({ Drawer }) => Drawer)),
  palette: partSource(() => import('./palette.tsx').then(({ Palette }) => Palette)),
  settings: partSource(() => import('./settingsDialog.tsx').then(({ SettingsDialog }) => SettingsDialog)),
  shortcuts: partSource(() => import('./shortcutSheet.tsx').then(({ ShortcutSheet }) => ShortcutSheet)),
  rename: partSource(() => import('../list/renameDialog.tsx').then(({ RenameDialog }) => RenameDialog)),
  passage: partSource(() => import('./passageDialog.tsx').then(({ PassageDialog }) => PassageDialog)),
  share: partSource(() => import('./shareDialog.tsx').then(({ ShareDialog }) => ShareDialog)),
}

/** Milliseconds until all panels are fetched ahead. */
const PRELOAD = { latest: 10_000, otherwise: 3_000 }

interface PanelsProviderProps {
  client: ChatClient
  state: ChatState
  /** The list as the drawer of a small screen shows it. */
  drawerList(panels: PanelProps): ReactNode
  onSearch(query: string): void
  children: ReactNode
}

/** Draws the open panel over `children`, and gives them the functions that open one. */
export function PanelsProvider({ client, state, drawerList, onSearch, children }: PanelsProviderProps) {
  const { panel, panels, close, onClose, returnFocus } = useOpenPanel(onSearch)
  const onMissing = useCallback(
    (failure: Failure) => {
      close()
      client.setNotice(failure)
    },
    [close, client],
  )
  useEffect(() => onIdle(preloadAll, PRELOAD), [])

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

function preloadAll(): void {
  for (const { preload } of Object.values(parts)) preload()
}

/** The open panel, if any, and the element that had the focus before it. */
function useOpenPanel(onSearch: (query: string) => void) {
  const [panel, setPanel] = useState<Panel | null>(null)
  const open = useRef<Panel | null>(null)
  const before = useRef<HTMLElement | null>(null)

  const change = useCallback((next: Panel | null) => {
    open.current = next
    setPanel(next)
  }, [])
  const panels = useMemo<Panels>(() => {
    const panels: Panels = {
      show: next => {
        if (!open.current) before.current = focusedElement()
        change(next)
      },
      preload: name => parts[name].preload(),
      search: (query = '') => {
        onSearch(query)
        const field = visibleSearchField()
        if (!field) return panels.show({ name: 'list', isForSearch: true })
        before.current = field
        change(null)
        field.focus()
      },
    }
    return panels
  }, [change, onSearch])
  const close = useCallback(() => change(null), [change])
  // A panel that was closed may close itself once more, when its answer comes. It must not close the next one.
  const onClose = useCallback(() => {
    if (open.current === panel) close()
  }, [close, panel])
  const returnFocus = useCallback((event: Event) => {
    event.preventDefault()
    if (open.current || focusedElement()) return
    if (before.current?.isConnected) before.current.focus()
    else focusPage()
  }, [])
  return { panel, panels, close, onClose, returnFocus }
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
    case 'passage': {
      const passage = { ...props, source: panel.source }
      return <LazyPart key={panel.name} source={parts.passage} props={passage} onMissing={onMissing} />
    }
    default:
      return <LazyPart key={panel.name} source={parts[panel.name]} props={props} onMissing={onMissing} />
  }
}
