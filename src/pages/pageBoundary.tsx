import { Component, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '../react/components/controls/button.tsx'
import { PageState } from '../react/components/pageState.tsx'

interface PageBoundaryProps {
  children: ReactNode
}

/** If rendering the page throws, says so instead of leaving the page empty. */
export class PageBoundary extends Component<PageBoundaryProps, { isBroken: boolean }> {
  override state = { isBroken: false }

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true }
  }

  override render(): ReactNode {
    return this.state.isBroken ? <BrokenPage /> : this.props.children
  }
}

function BrokenPage() {
  const t = useTranslations()
  return (
    <PageState title={t('page.broken')} body={t('page.brokenBody')}>
      <Button shape="primary" onClick={() => location.reload()}>
        {t('page.reload')}
      </Button>
    </PageState>
  )
}
