import type { Locale } from '../../protocol/locale.ts'
import type { ContentAnswer } from './answer.ts'

/** A page that says one thing to a person. It has no script, no style and no link. */
export function plainPage(
  locale: Locale,
  { title, text, status = 200 }: { title: string; text: string; status?: number },
): ContentAnswer {
  const content = `<!doctype html>
<html lang="${locale}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
</main>
`
  return { type: 'content', status, mediaType: 'text/html; charset=utf-8', content }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}
