import { ImageOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { OUTSIDE, parseUrl, safeUrl } from './links.ts'

/**
 * An image in a reply. It is never loaded, because its address may carry text of the conversation to whoever wrote it.
 * The first click shows the whole address, and a second one opens it in another tab.
 */
export function Image({ alt, address }: { alt: string; address: string }) {
  const t = useTranslations()
  const [isOpen, setOpen] = useState(false)
  const url = safeUrl(address)
  const name = alt || t('markdown.image')
  if (url === '' || url.startsWith('mailto:')) return name
  return (
    <span className="image" data-address={url}>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <ImageOff aria-hidden />
        {name} – {hostOf(url)}
      </button>
      {isOpen && (
        <span className="image-address">
          {t('markdown.imageAddress')} <bdi>{url}</bdi>{' '}
          <a href={url} {...OUTSIDE}>
            {t('markdown.openImage')}
          </a>
        </span>
      )}
    </span>
  )
}

function hostOf(url: string): string {
  return parseUrl(url)?.host ?? url
}
