import { PageState } from '../client/components/pageState.tsx'
import { CATALOGUES } from '../client/i18n/catalogues.ts'
import { requestLocale } from './requestLocale.ts'

export default async function NotFoundPage() {
  const texts = CATALOGUES[await requestLocale()].page
  return (
    <PageState title={texts.notFound} body={texts.notFoundBody}>
      <a href="/" className="text-accent underline underline-offset-2">
        {texts.home}
      </a>
    </PageState>
  )
}
