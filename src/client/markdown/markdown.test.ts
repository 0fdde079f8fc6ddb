import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Markdown } from './markdown.tsx'

function render(text: string, isStreaming = false): string {
  return renderToStaticMarkup(createElement(Markdown, { text, isStreaming }))
}

test.each([
  '![x](https://tracker.example/a.png)',
  '![x][r]\n\n[r]: https://tracker.example/a.png',
  '[![x](https://tracker.example/a.png)](https://example.com)',
  '<img src="https://tracker.example/a.png">',
  '<iframe src="https://tracker.example"></iframe>',
  '![x](https://tracker.example/a.png',
])('nothing loads by itself: %s', text => {
  for (const html of [render(text), render(text, true)]) {
    expect(html).not.toMatch(/<(?:img|iframe|script|style|object|video|audio|link)\b/)
  }
})

test('an image is a link that shows its address', () => {
  expect(render('![gato](https://example.com/a.png)')).toContain('>gato – https://example.com/a.png</a>')
})

test.each([
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](data:text/html,a)',
  '[x](vbscript:a)',
  '[x](/api/chat/conversations)',
  '[x](//example.com)',
  '![x](data:image/png;base64,AAAA)',
])('no link to anything but the outside: %s', text => {
  expect(render(text)).not.toContain('href')
})

test('links open outside and carry nothing of this page along', () => {
  const attributes = 'target="_blank" rel="noopener noreferrer nofollow"'
  expect(render('[x](https://example.com)')).toContain(`<a href="https://example.com" ${attributes}>x</a>`)
  expect(render('[x](mailto:a@example.com)')).toContain(`<a href="mailto:a@example.com" ${attributes}>x</a>`)
})

test('code in a fence that is still open is shown as code', () => {
  const html = render('Veja:\n\n```ts\nconst a = "<b>"', true)
  expect(html).toContain('<code class="language-ts">const a = &quot;&lt;b&gt;&quot;</code>')
})

test('a definition at the end reaches the text before it once the reply is complete', () => {
  expect(render('[isto]\n\nfim\n\n[isto]: https://example.com')).toContain('href="https://example.com"')
})
