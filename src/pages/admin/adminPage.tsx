import type { ComponentType } from 'react'
import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { Logo } from '../../react/components/logo.tsx'
import { ADMIN_PAGES, type AdminSection, sectionPath } from './adminSections.ts'
import { AssistantFiles } from './assistantFiles.tsx'
import { AuditTrail } from './auditTrail.tsx'
import { Groups } from './groups.tsx'
import { Invitations } from './invitations.tsx'
import { LimitsInUse } from './limitsInUse.tsx'
import { Overview } from './overview.tsx'
import { People } from './people.tsx'
import { ProviderTests } from './providerTests.tsx'
import { ToolServers } from './toolServers.tsx'
import { useAdminTexts } from './useAdminTexts.ts'

const SECTIONS: Record<AdminSection, ComponentType> = {
  today: Overview,
  people: People,
  invitations: Invitations,
  groups: Groups,
  limits: LimitsInUse,
  assistants: AssistantFiles,
  providers: ProviderTests,
  tools: ToolServers,
  audit: AuditTrail,
}

/** The pages of administrators. Each section is a page of its own. */
export function AdminPage({ section }: { section: AdminSection }) {
  const t = useTranslations()
  const texts = useAdminTexts()
  const Section = SECTIONS[section]
  const name = texts.sections[section]
  useEffect(() => {
    document.title = `${name} · ${texts.title} · ${t('app.name')}`
  }, [name, texts, t])
  return (
    <div className="mx-auto min-h-dvh w-full max-w-5xl px-4 pb-16">
      <header className="flex min-h-14 flex-wrap items-center justify-between gap-x-4">
        <p className="flex items-center gap-2 font-semibold">
          <Logo className="size-6" />
          {texts.title}
        </p>
        <a
          href="/"
          className="inline-flex h-11 items-center text-accent text-sm underline underline-offset-2"
        >
          {texts.back}
        </a>
      </header>
      <nav aria-label={texts.title} className="mt-1 flex flex-wrap gap-1 border-line border-b pb-2">
        {ADMIN_PAGES.map(each => (
          <a
            key={each}
            href={sectionPath(each)}
            aria-current={each === section ? 'page' : undefined}
            className="inline-flex h-10 pointer-coarse:h-11 items-center rounded-lg px-3 text-sm hover:bg-subtle aria-[current]:bg-accent-soft aria-[current]:font-medium"
          >
            {texts.sections[each]}
          </a>
        ))}
      </nav>
      <main className="pt-6">
        <h1 className="font-semibold text-2xl">{name}</h1>
        <Section />
      </main>
    </div>
  )
}
