import { createElement } from 'react'
import { expect, test } from 'vitest'
import type { Source } from '../../protocol/parts.ts'
import { SourcesContext } from './documentContext.ts'
import { Markdown } from './markdown.tsx'
import { markupOf, drawn as render, visible } from './testing/drawn.ts'

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

test('an image is a button that says what it shows and where it is, and links to nothing yet', () => {
  const html = render('![gato](https://example.com/a.png)')
  expect(html).toMatch(/<button type="button" aria-expanded="false">.*gato – example\.com<\/button>/)
  expect(html).not.toContain('href')
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

test('a definition resolves what is above it as soon as its line is complete', () => {
  expect(render('Veja [isto][a].\n\n[a]: https://example.com', true)).not.toContain('href')
  expect(render('Veja [isto][a].\n\n[a]: https://example.com\n', true)).toContain(
    'href="https://example.com"',
  )
})

test('a reference that nothing defines is shown as it was written, once the reply is complete', () => {
  expect(visible('Veja [isto][a].\n\nFim', true)).toContain('Veja isto.')
  expect(visible('Veja [isto][a].\n\nFim')).toContain('Veja [isto][a].')
})

test('a quotation that is an alert says of which kind it is, and not how that was written', () => {
  for (const isStreaming of [false, true]) {
    const html = render('> [!WARNING]\n> Cuidado\n\n> [!tip]\n>\n> Uma dica.\n', isStreaming)
    expect(html).toContain('<blockquote dir="auto"><p class="alert">Aviso</p><p>Cuidado</p></blockquote>')
    expect(html).toContain('<blockquote dir="auto"><p class="alert">Dica</p><p>Uma dica.</p></blockquote>')
  }
  expect(render('> [!WARNING] junto')).not.toContain('alert')
})

test('character references are the characters they stand for, once', () => {
  expect(visible('&amp;lt; &#38;amp; &copy; &nope; `&amp;`').trim()).toBe('&lt; &amp; © &nope; &amp;')
})

test.each([
  ['**中文。**文字', '<strong>中文。</strong>文字'],
  ['**注意：**请看 **这个：**那个', '<strong>注意：</strong>请看 <strong>这个：</strong>那个'],
  ['**Nota:**texto e **outra**', '<strong>Nota:</strong>texto e <strong>outra</strong>'],
  ['**(opcional)**mente', '<strong>(opcional)</strong>mente'],
  ['**Python（パイソン）**は', '<strong>Python（パイソン）</strong>は'],
  ['**`npm i`**s e **$x$**é', '<strong><code>npm i</code></strong>s e <strong><span'],
  ['**强调**文字，文字**强调**', '<strong>强调</strong>文字，文字<strong>强调</strong>'],
  ['文字**“强调”**文字', '文字<strong>“强调”</strong>文字'],
  ['文字*「强调」*文字', '文字<em>「强调」</em>文字'],
  ['文字~~（旧的）~~文字', '文字<del>（旧的）</del>文字'],
  [
    'これは**『重要』**です。そして*（注）*も',
    'これは<strong>『重要』</strong>です。そして<em>（注）</em>も',
  ],
  ['이것은 **(중요)**입니다', '이것은 <strong>(중요)</strong>입니다'],
  ['文字***「强调」***文字', '文字<em><strong>「强调」</strong></em>文字'],
  ['文字**`code`**文字**$x$**文字', '文字<strong><code>code</code></strong>文字<strong><span'],
  ['Nota:**texto** e **isto (**não** aqui)**', 'Nota:<strong>texto</strong> e <strong>isto (<strong>não'],
])('in %s what is strong ends where it seems to', (text, html) => {
  for (const isStreaming of [false, true]) expect(render(`${text} fim`, isStreaming)).toContain(html)
})

test('a word of a hundred thousand letters is cut, and ordinary text is not', () => {
  const word = 'AV'.repeat(50_000)
  const html = render(`Antes ${word} depois`)
  expect(html.split('<wbr/>').length).toBeGreaterThan(1000)
  expect(html.replaceAll('<wbr/>', '')).toContain(`Antes ${word} depois`)
  expect(render(`${'água limpa '.repeat(100)}${'水很清'.repeat(200)}`)).not.toContain('<wbr')
})

test.each([
  ['`npm i` يثبت الحزم.', '<p dir="rtl">'],
  ['React Native هو إطار عمل للتطبيقات.', '<p dir="rtl">'],
  ['The word ماء means water.', '<p dir="ltr">'],
  ['- npm\n- بند واحد\n- בית', '<ul dir="rtl"><li>npm'],
  ['> API هي واجهة', '<blockquote dir="rtl">'],
  ['## `rio` في النهر', '<h3 class="large" dir="rtl">'],
])('%s reads in the direction of most of its words', (text, html) => {
  expect(render(text)).toContain(html)
})

test.each([
  ['H<sub>2</sub>O e x<sup>2</sup>', 'H<sub>2</sub>O e x<sup>2</sup>'],
  ['<kbd>Ctrl</kbd>+<kbd>**C**</kbd>', '<kbd>Ctrl</kbd>+<kbd><strong>C</strong></kbd>'],
  ['**a<sub>b</sub>**', '<strong>a<sub>b</sub></strong>'],
  ['a<sub class="x">b</sub>', 'a&lt;sub class=&quot;x&quot;&gt;b&lt;/sub&gt;'],
  ['a<sub>b e `<sup>c</sup>`', 'a&lt;sub&gt;b e <code>&lt;sup&gt;c&lt;/sup&gt;</code>'],
  ['5 &lt; 6 &amp;&nbsp;7', '5 &lt; 6 &amp;\u00a07'],
])('%s is drawn as far as its tags are known', (text, html) => {
  expect(render(text)).toContain(html)
})

test('an element is drawn while it is being written', () => {
  expect(visible('H<sub>', true).trim()).toBe('H')
  expect(render('H<sub>2', true)).toContain('H<sub>2</sub>')
  expect(render('**x<sup>2</su', true)).toContain('<strong>x<sup>2</sup></strong>')
})

test('a line that grows after a right-to-left block and has Latin words alone does not turn', () => {
  const before = 'النهر طويل.\n\n'
  expect(render(`${before}React Native`, true)).toContain('<p dir="rtl">React Native')
  expect(render(`${before}- npm`, true)).toContain('<ul dir="rtl"><li>npm')
  expect(render(`${before}React Native`)).toContain('<p>React Native')
  expect(render('The river.\n\nReact Native', true)).toContain('<p>React Native')
})

test.each([false, true])('what is folded is drawn with all its blocks (growing: %s)', isStreaming => {
  const text =
    'Antes.\n\n<details>\n<summary>Ver *mais*</summary>\n\nUm\n\n```js\n</details>\n```\n\n- dois\n\n</details>\n\nDepois.\n'
  const html = render(text, isStreaming)
  expect(html).toMatch(
    /<details><summary.*<em>mais<\/em>.*<p>Um<\/p>.*<pre.*&lt;\/details&gt;.*<li>dois<\/li><\/ul><\/details><p>Depois/s,
  )
  const plain = text.replace('</details>\n```', 'x\n```')
  for (let length = 1; length < plain.length; length++)
    expect(visible(plain.slice(0, length), true)).not.toMatch(/<\/?(?:details|summary)/)
})

test('what is folded without end takes the rest, and is open', () => {
  expect(render('<details>\n<summary>A</summary>\n\nUm\n\nDois\n')).toMatch(
    /<details open="">.*<p>Dois<\/p><\/details>/s,
  )
})

test('numbers around stars are no emphasis', () => {
  expect(render('2.*3.*4 e 2.**3.**4')).toContain('2.*3.*4 e 2.**3.**4')
})

test('what two tildes enclose is struck, and what single ones do is not', () => {
  for (const isStreaming of [false, true]) {
    expect(render('3~5 dias e 10~20 horas, ~isto~ não', isStreaming)).not.toContain('<del>')
    expect(render('De ~5 a ~6, ~~7 ou ~8 dias~~ fim', isStreaming)).toContain(
      'De ~5 a ~6, <del>7 ou ~8 dias</del> fim',
    )
  }
})

test('a line break in a table cell is one', () => {
  expect(render('| a |\n|---|\n| um<br>dois |')).toContain('um<br/>dois')
})

test('footnotes stand at the end, and two texts share no ids', () => {
  const text = createElement(Markdown, { text: 'Isto[^1].\n\n[^1]: Nota.', isStreaming: false })
  const html = markupOf(createElement('div', null, text, text))
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(2)
  for (const id of ids) expect(html).toContain(`href="#${id}"`)
})

function withSources(text: string, isStreaming = false): string {
  const sources: Source[] = [
    { url: 'https://example.com/um', title: 'Um' },
    { url: 'javascript:alert(1)', title: 'Dois' },
    { url: 'https://example.com/tres', title: 'Três' },
  ]
  const markdown = createElement(Markdown, { text, isStreaming })
  return markupOf(createElement(SourcesContext, { value: sources }, markdown))
}

/** The text of each citation, and the end of its address. */
function citations(html: string): string[] {
  return [...html.matchAll(/<a href="[^"]*\/(\w+)"[^>]*class="citation"[^>]*>([^<]*)<\/a>/g)].map(
    ([, end, text]) => `${text} ${end}`,
  )
}

test('footnotes are numbered in the order in which the text first refers to them', () => {
  const text = 'Isto[^longa], isto[^b] e outra vez[^longa] `[^c]`.\n\n[^b]: Segunda.\n[^longa]: Primeira.\n'
  for (const isStreaming of [false, true])
    expect(visible(text, isStreaming).replace(/\s+/g, ' ')).toBe(
      'Isto1, isto2 e outra vez1 [^c]. 1 Primeira. ↩ 2 Segunda. ↩ ',
    )
  expect(visible('Isto[^longa], isto[^b]', true)).toContain('Isto1, isto2')
  expect(visible('Isto[^3] sem nota.')).toContain('Isto3 sem')
})

test('notes in lists and quotations stand at the end like any other, and leave nothing empty behind', () => {
  const text =
    'Isto[^1], isto[^2] e isto[^3].\n\n- [^1]: Um.\n- [^2]: Dois.\n\n> [^3]: Três.\n\n- item\n  - [^4]: Quatro.\n'
  for (const isStreaming of [false, true]) {
    expect(visible(text, isStreaming).replace(/\s+/g, ' ')).toBe(
      'Isto1, isto2 e isto3. item 1 Um. ↩ 2 Dois. ↩ 3 Três. ↩ 4 Quatro. ↩ ',
    )
    expect(render(text, isStreaming)).not.toMatch(/<(?:li|ul|blockquote)[^>]*><\/|<blockquote/)
  }
})

test.each([
  ['## Título', '<h3'],
  ['- item', '<ul'],
  ['1. item', '<ol'],
  ['> citação', '<blockquote'],
  ['---', '<hr'],
  ['| a |\n|---|', '<table'],
  ['```\ncódigo\n```', '<pre'],
  ['$$\nx\n$$', '<div class="formula'],
])('a note ends before %j', (next, element) => {
  const html = render(`Isto[^1].\n\n[^1]: A nota\nde duas linhas\n  e *três*.\n${next}\n\nFim.\n`)
  const [text = '', notes = ''] = html.split('<section')
  expect(text).toContain(element)
  expect(notes.replace(/\s+/g, ' ')).toContain('A nota de duas linhas e <em>três</em>.</p>')
})

test('what is indented below a note belongs to it', () => {
  const html = render('Isto[^1].\n\n[^1]: A nota:\n  - um\n\n    dois\n')
  expect(html.split('<section')[1]).toMatch(/um.*dois/s)
})

test('a definition in a list or a quotation is one, and is shown', () => {
  const text =
    'Veja [a][1] e [b].\n\nReferências:\n- [1]: https://example.com/um\n1) [b]: <https://example.com/b>\n\n> [c]: https://example.com/c\n'
  for (const isStreaming of [false, true]) {
    const html = render(text, isStreaming)
    expect(html).toMatch(
      /Veja <a href="https:\/\/example.com\/um"[^>]*>a<\/a> e <a href="https:\/\/example.com\/b"/,
    )
    expect(visible(text, isStreaming).replace(/\s+/g, ' ')).toBe(
      'Veja a e b. Referências: [1]: https://example.com/um [b]: https://example.com/b [c]: https://example.com/c ',
    )
  }
  expect(visible('[a]: https://example.com\n').trim()).toBe('')
})

test('a mark or a link that names a source of the message shows its number', () => {
  expect(withSources('Dito [1].')).toContain('class="citation" title="Um">[1]</a>')
  expect(withSources('Veja [isto](https://example.com/um).')).toContain('isto<sup>1</sup></a>')
  expect(withSources('Dito [2] e [4].')).not.toContain('href')
})

test('marks side by side name each its source, also while the reply grows', () => {
  for (const isStreaming of [false, true]) {
    expect(citations(withSources('Dito [1][3]. E', isStreaming))).toEqual(['[1] um', '[3] tres'])
    expect(citations(withSources('Dito [1, 3]. E', isStreaming))).toEqual(['1 um', '3 tres'])
    expect(visible('Os pares [1, 2] e [3,4], e [1][nota] aqui', isStreaming)).toContain(
      'Os pares [1, 2] e [3,4], e [1][nota] aqui',
    )
  }
  expect(visible('Dito [1][2]. E', true)).toContain('Dito [1][2].')
})

test('a number with a definition is a reference like any other', () => {
  const definitions = '\n\n[2]: https://example.com/dois\n'
  expect(withSources(`Veja [1][2].${definitions}`)).toContain('>1</a>')
  expect(withSources(`Veja [isto][2].${definitions}`)).toContain('>isto</a>')
})

test.each(['constructor', 'toString', '__proto__'])('[%s] is no link until it is defined', label => {
  const text = `[${label}] [a][${label}] ![a][${label}]`
  for (const html of [render(text), render(text, true)]) expect(html).not.toMatch(/href|<button/)
  expect(render(`${text}\n\n[${label}]: https://example.com/x`)).toContain('href="https://example.com/x"')
})

test.each([
  ['quotations', `${'>'.repeat(3000)} fim`],
  ['lists', `${'- '.repeat(3000)}fim`],
  ['emphases', `${'*a _b '.repeat(1500)}fim${'_*'.repeat(1500)}`],
])('%s nested without end are shown as they were written', (_, text) => {
  for (const isStreaming of [false, true]) {
    const shown = visible(`antes\n\n${text}\n\ndepois\n`, isStreaming)
    expect(shown).toContain('fim')
    expect(shown).toMatch(/^antes\n/)
    expect(shown).toMatch(/depois\s*$/)
  }
  expect(render(text)).toContain('whitespace-pre-wrap')
})

test.each(['> ', '- ', '1. '])('%s is drawn 20 levels deep, and shown as it was written from 60 on', mark => {
  expect(render(`${mark.repeat(20)}fim`)).not.toContain('whitespace-pre-wrap')
  expect(render(`${mark.repeat(60)}fim`)).toContain('whitespace-pre-wrap')
})
