import type { ReactNode } from 'react'
import { renderToStaticMarkup, renderToString } from 'react-dom/server'
import { BROWSER_BAR } from '../browser/appearance.ts'
import { LOCALES, type Locale } from '../protocol/locale.ts'
import {
  CONTRASTS,
  DOCUMENT_KINDS,
  type DocumentKind,
  documentPath,
  type Look,
  manifestPath,
  THEMES,
} from '../protocol/pages.ts'
import { AccountPage } from '../react/components/account/accountPage.tsx'
import { ChatPage } from '../react/components/chat/chatPage.tsx'
import { PageState } from '../react/components/pageState.tsx'
import { SharedPage } from '../react/components/sharedPage.tsx'
import { CATALOGUES } from '../react/i18n/catalogues.ts'
import { App } from './app.tsx'
import { manifestOf } from './manifest.ts'

/** The files that the build made of an entry, as paths from the root of the site. */
export interface EntryFiles {
  script: string
  /** The files that the script imports, and those that it fetches at once. */
  modules: readonly string[]
  styles: readonly string[]
}

export interface Entries {
  chat: EntryFiles
  shared: EntryFiles
  account: EntryFiles
  /** The page in the frame of the widget. */
  frame: EntryFiles
  /** The pages of administrators. */
  admin: EntryFiles
  /** The script with the texts of a language. */
  catalogues: Record<Locale, string>
  /** The same for the pages of administrators. */
  adminCatalogues: Record<Locale, string>
}

/** The documents and manifests of all languages and looks: their paths within the build, and their content. */
export function drawDocuments(entries: Entries): Map<string, string> {
  const documents = new Map<string, string>()
  for (const locale of LOCALES) {
    documents.set(manifestPath(locale), manifestOf(locale))
    const pages = drawPages(locale, entries)
    for (const theme of [undefined, ...THEMES]) {
      for (const contrast of [undefined, ...CONTRASTS]) {
        const look = { locale, theme, contrast }
        for (const kind of DOCUMENT_KINDS)
          documents.set(documentPath(kind, look), documentOf(kind, pages[kind], look))
      }
    }
  }
  return documents
}

interface Page {
  head: ReactNode
  /** HTML. */
  body: string
  /** Shown below the body until the script has started. */
  late?: ReactNode
}

function drawPages(
  locale: Locale,
  { chat, shared, account, frame, admin, catalogues, adminCatalogues }: Entries,
): Record<DocumentKind, Page> {
  const live = (page: ReactNode) =>
    renderToString(
      <App locale={locale} messages={CATALOGUES[locale]}>
        {page}
      </App>,
    )
  const chatPage = (isStart: boolean) => ({
    head: (
      <>
        <meta name="robots" content="noindex" />
        <Files entry={chat} catalogue={catalogues[locale]} />
      </>
    ),
    body: live(<ChatPage isStart={isStart} />),
    late: <NotStarted locale={locale} />,
  })
  return {
    start: chatPage(true),
    chat: chatPage(false),
    shared: {
      head: (
        <>
          <meta name="robots" content="noindex, nofollow" />
          <meta name="referrer" content="no-referrer" />
          <Files entry={shared} catalogue={catalogues[locale]} />
        </>
      ),
      body: live(<SharedPage shareId="" />),
      late: <NotStarted locale={locale} />,
    },
    account: {
      head: (
        <>
          <meta name="robots" content="noindex" />
          <meta name="referrer" content="no-referrer" />
          <Files entry={account} catalogue={catalogues[locale]} />
        </>
      ),
      body: live(<AccountPage />),
      late: <NotStarted locale={locale} />,
    },
    widget: {
      head: (
        <>
          <meta name="robots" content="noindex" />
          <Files entry={frame} catalogue={catalogues[locale]} />
        </>
      ),
      // A frame waits for its script in any case, because the page around it says who is signed in.
      body: '',
      late: <NotStarted locale={locale} />,
    },
    admin: {
      head: (
        <>
          <meta name="robots" content="noindex" />
          <Files entry={admin} catalogue={adminCatalogues[locale]} />
        </>
      ),
      // Its address says which section it is, so that nothing can be drawn before the script.
      body: '',
      late: <NotStarted locale={locale} />,
    },
    'not-found': {
      head: (
        <>
          <meta name="robots" content="noindex" />
          <Styles entry={chat} />
        </>
      ),
      body: renderToStaticMarkup(<NotFound locale={locale} />),
    },
  }
}

function NotFound({ locale }: { locale: Locale }) {
  const { notFound, notFoundBody, home } = CATALOGUES[locale].page
  return (
    <PageState title={notFound} body={notFoundBody}>
      <a href="/" className="text-accent underline underline-offset-2">
        {home}
      </a>
    </PageState>
  )
}

/** Takes the place of the page if its script does not start. */
function NotStarted({ locale }: { locale: Locale }) {
  const { unstyled, late, needsScript, reload } = CATALOGUES[locale].page
  return (
    <div id="late" className="late">
      <p role="alert">
        {late} {/* biome-ignore lint/a11y/useValidAnchor: the address of the page itself */}
        <a href="">{reload}</a>
      </p>
      <noscript>
        <p>{needsScript}</p>
      </noscript>
      <Unstyled text={unstyled} />
    </div>
  )
}

/** The styles hide it. Whoever sees it got a page without them. */
function Unstyled({ text }: { text: string }) {
  return <p className="hidden">{text}</p>
}

/** Preloads all modules of a script, because the browser would only find them one after the other. */
function Files({ entry, catalogue }: { entry: EntryFiles; catalogue: string }) {
  return (
    <>
      <Styles entry={entry} />
      <script type="module" src={entry.script} />
      {[...entry.modules, catalogue].map(path => (
        <link key={path} rel="modulepreload" href={path} />
      ))}
    </>
  )
}

function Styles({ entry }: { entry: EntryFiles }) {
  return entry.styles.map(path => <link key={path} rel="stylesheet" href={path} />)
}

function documentOf(
  kind: DocumentKind,
  { head, body, late }: Page,
  { locale, theme, contrast }: Look,
): string {
  const { name, description } = CATALOGUES[locale].app
  const drawn = renderToStaticMarkup(
    <html lang={locale} data-theme={theme} data-contrast={contrast}>
      <head>
        <meta charSet="utf-8" />
        <meta
          name="viewport"
          content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
        />
        <title>{name}</title>
        <meta name="description" content={description} />
        {head}
        {THEMES.map(scheme => (
          <meta
            key={scheme}
            name="theme-color"
            media={`(prefers-color-scheme: ${scheme})`}
            content={BROWSER_BAR[theme ?? scheme]}
          />
        ))}
        <meta name="mobile-web-app-capable" content="yes" />
        <meta name="apple-mobile-web-app-title" content={name} />
        <meta name="apple-mobile-web-app-status-bar-style" content="default" />
        <link rel="manifest" href="/manifest.webmanifest" crossOrigin="use-credentials" />
        <link rel="icon" href="/icons/icon.svg" type="image/svg+xml" sizes="any" />
        <link rel="apple-touch-icon" href="/icons/apple.png" sizes="180x180" />
      </head>
      <body>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: drawn by React, from our own texts */}
        <div id="root" data-kind={kind} dangerouslySetInnerHTML={{ __html: body }} />
        {late}
      </body>
    </html>,
  )
  return `<!doctype html>${drawn}`
}
