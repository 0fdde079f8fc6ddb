import { useTranslations } from 'use-intl'
import { keysOf, SHORTCUTS, type Shortcut } from '../../shortcuts.ts'
import { useHasKeyboard, useIsMac } from '../controls/keyboard.ts'
import { Modal } from '../controls/modal.tsx'
import type { PanelProps } from './panels.ts'

/** All shortcuts, by the place where they work. */
export function ShortcutSheet(props: PanelProps) {
  const t = useTranslations()
  const places = [
    { scope: 'page', name: t('shortcuts.anywhere') },
    { scope: 'composer', name: t('shortcuts.composer') },
    { scope: 'layer', name: t('shortcuts.layers') },
  ] as const
  return (
    <Modal title={t('shortcuts.title')} isWide {...props}>
      {places.map(({ scope, name }) => (
        <section key={scope} className="mt-4">
          <h3 className="font-medium text-muted text-sm">{name}</h3>
          <dl className="mt-1 divide-y divide-line">
            {SHORTCUTS.filter(shortcut => shortcut.scope === scope).map(({ id }) => (
              <Line key={id} id={id} />
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  )
}

function Line({ id }: Pick<Shortcut, 'id'>) {
  const t = useTranslations()
  const isMac = useIsMac()
  const enterSends = useHasKeyboard()
  const meanings = {
    palette: t('shortcuts.palette'),
    start: t('shortcuts.start'),
    search: t('shortcuts.search'),
    print: t('menu.print'),
    sheet: t('shortcuts.sheet'),
    sheetKey: t('shortcuts.sheetKey'),
    send: enterSends ? t('shortcuts.send') : t('shortcuts.break'),
    sendAlways: t('shortcuts.send'),
    break: t('shortcuts.break'),
    dismiss: t('shortcuts.dismiss'),
  }
  return (
    <div className="flex items-center justify-between gap-4 py-2">
      <dt>{meanings[id]}</dt>
      <dd className="flex shrink-0 gap-1">
        {keysOf(id, isMac).map(key => (
          <KeyCap key={key}>{key}</KeyCap>
        ))}
      </dd>
    </div>
  )
}

/** A key, drawn as on a keyboard. */
export function KeyCap({ children }: { children: string }) {
  return (
    <kbd className="min-w-6 rounded border border-line-strong bg-sidebar px-1.5 text-center font-sans text-xs leading-5">
      {children}
    </kbd>
  )
}
