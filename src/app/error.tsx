'use client'

import { useTranslations } from 'use-intl'
import { Button } from '../client/components/controls/button.tsx'
import { PageState } from '../client/components/pageState.tsx'

export default function BrokenPage() {
  const t = useTranslations()
  return (
    <PageState title={t('page.broken')} body={t('page.brokenBody')}>
      <Button shape="primary" onClick={() => location.reload()}>
        {t('page.reload')}
      </Button>
    </PageState>
  )
}
