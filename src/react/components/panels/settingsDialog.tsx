import { Archive, Download } from 'lucide-react'
import { type ReactNode, useId, useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import {
  chooseHighContrast,
  chooseTheme,
  hasHighContrast,
  readTheme,
  type Theme,
} from '../../../browser/appearance.ts'
import {
  DEFAULT_SETTINGS,
  readSettings,
  subscribeToSettings,
  writeSettings,
} from '../../../browser/preferences.ts'
import { askToNotify, mayNotify } from '../../../browser/systemNotices.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Locale } from '../../../protocol/locale.ts'
import { PATHS } from '../../../protocol/paths.ts'
import { LANGUAGE_NAMES } from '../../i18n/languageNames.ts'
import { useSurface } from '../../surface.ts'
import { useAccountTexts } from '../account/useAccountTexts.ts'
import { Button } from '../controls/button.tsx'
import { Modal } from '../controls/modal.tsx'
import { useLanguage } from '../textProvider.tsx'
import { AccountSection, useAccount } from './accountSection.tsx'
import { EraseAll } from './eraseAll.tsx'
import { KeyList, useKeys } from './keyList.tsx'
import type { PanelProps } from './panels.ts'
import { RetentionSetting } from './retentionSetting.tsx'
import { SessionList, useSessions } from './sessionList.tsx'
import { Choices, Switch } from './settingFields.tsx'
import { ShareList, useShares } from './shareList.tsx'
import { ToolServerList, useToolServers } from './toolServerList.tsx'

/** How the page looks and behaves, and what a person can do with their data. Each change takes effect at once. */
export function SettingsDialog(props: PanelProps) {
  const { client, panels, onClose } = props
  const t = useTranslations()
  const texts = useAccountTexts()
  const account = useAccount(client)
  const sessions = useSessions(client)
  const { isOwnPage } = useSurface()
  const keys = useKeys(client)
  const toolServers = useToolServers(client)
  // A host signs its own people in and out.
  const hasSessions = sessions.sessions?.length !== 0
  const seeArchived = () => {
    client.showArchived(true)
    onClose()
    if (matchMedia('(width < 48rem)').matches) panels.show({ name: 'list', isForSearch: false })
  }
  return (
    <Modal title={t('settings.title')} isWide {...props}>
      <Section name={t('settings.appearance')}>
        <Appearance />
      </Section>
      <Section name={t('settings.replies')}>
        <Replies />
      </Section>
      {isOwnPage && account.info?.access !== 'token' && (
        <Section name={texts.title}>
          <AccountSection client={client} known={account} />
        </Section>
      )}
      {hasSessions && (
        <Section name={t('sessions.title')}>
          <SessionList sessions={sessions} />
        </Section>
      )}
      {toolServers.servers.length > 0 && (
        <Section name={t('toolServers.title')}>
          <ToolServerList toolServers={toolServers} />
        </Section>
      )}
      {keys.isOffered && (
        <Section name={t('keys.title')}>
          <KeyList keys={keys} />
        </Section>
      )}
      <Section name={t('settings.data')}>
        <Data client={client} onArchived={seeArchived} />
      </Section>
    </Modal>
  )
}

function Section({ name, children }: { name: string; children: ReactNode }) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="mt-5 border-line border-t pt-4 first-of-type:border-0 first-of-type:pt-0"
    >
      <h3 id={id} className="font-semibold">
        {name}
      </h3>
      <div className="mt-3 space-y-4">{children}</div>
    </section>
  )
}

function Appearance() {
  const t = useTranslations()
  const language = useLanguage()
  const [theme, setTheme] = useState(readTheme)
  const [isHigh, setHigh] = useState(hasHighContrast)
  const [hasFailed, setFailed] = useState(false)
  const themes: { value: Theme; name: string }[] = [
    { value: 'system', name: t('settings.themeSystem') },
    { value: 'light', name: t('settings.themeLight') },
    { value: 'dark', name: t('settings.themeDark') },
  ]
  const languages = LANGUAGE_NAMES.map(({ locale, name }) => ({ value: locale, name, lang: locale }))
  return (
    <>
      <Choices
        name={t('settings.theme')}
        choices={themes}
        chosen={theme}
        onChoose={value => {
          chooseTheme(value)
          setTheme(value)
        }}
      />
      <Switch
        name={t('settings.contrast')}
        isOn={isHigh}
        onChange={value => {
          chooseHighContrast(value)
          setHigh(value)
        }}
      />
      <Choices<Locale>
        name={t('settings.language')}
        choices={languages}
        chosen={language.locale}
        onChoose={async value => setFailed(!(await language.choose(value)))}
      />
      <p role="alert" className="text-danger text-sm empty:hidden">
        {hasFailed && t('settings.languageFailed')}
      </p>
    </>
  )
}

function Replies() {
  const t = useTranslations()
  const settings = useSyncExternalStore(subscribeToSettings, readSettings, () => DEFAULT_SETTINGS)
  return (
    <>
      <Switch
        name={t('settings.smoothText')}
        body={t('settings.smoothTextBody')}
        isOn={settings.smoothText}
        onChange={smoothText => writeSettings({ smoothText })}
      />
      <Choices
        name={t('settings.scroll')}
        choices={[
          { value: 'follow', name: t('settings.scrollFollow') },
          { value: 'top', name: t('settings.scrollTop') },
        ]}
        chosen={settings.scroll}
        onChoose={scroll => writeSettings({ scroll })}
      />
      <Switch
        name={t('settings.longReplies')}
        body={t('settings.longRepliesBody')}
        isOn={settings.longReplies === 'on' && mayNotify()}
        onChange={async isOn => writeSettings({ longReplies: isOn && (await askToNotify()) ? 'on' : 'off' })}
      />
      <div className="only-touch:hidden">
        <Switch
          name={t('settings.singleKeys')}
          body={t('settings.singleKeysBody')}
          isOn={settings.singleKeys}
          onChange={singleKeys => writeSettings({ singleKeys })}
        />
      </div>
    </>
  )
}

function Data({ client, onArchived }: { client: ChatClient; onArchived(): void }) {
  const t = useTranslations()
  const links = useShares(client, null)
  return (
    <>
      <div>
        <a
          href={PATHS.exportAll}
          download
          className="inline-flex h-10 items-center gap-2 rounded-lg border border-line bg-surface px-4 font-medium hover:bg-subtle pointer-coarse:h-11"
        >
          <Download aria-hidden className="size-4" />
          {t('settings.exportAll')}
        </a>
        <p className="mt-1 text-muted text-sm">{t('settings.exportAllBody')}</p>
      </div>
      <RetentionSetting client={client} />
      <Button shape="secondary" onClick={onArchived}>
        <Archive aria-hidden className="size-4" />
        {t('settings.archived')}
      </Button>
      <div>
        <h4 className="font-medium text-sm">{t('settings.shares')}</h4>
        <ShareList links={links} none={t('share.allNone')} hasTitles />
      </div>
      <EraseAll client={client} />
    </>
  )
}
