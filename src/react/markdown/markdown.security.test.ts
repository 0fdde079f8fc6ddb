import { describe, expect, test } from 'vitest'
import { drawableSource } from './engines/diagramSource.ts'
import { hostUnlike, safeUrl } from './links.ts'
import { attacksOn } from './testing/attacks.ts'
import { drawn } from './testing/drawn.ts'

const ATTACKS = Object.entries(attacksOn('http://192.0.2.1:8080'))
const ELEMENTS =
  /^(?:a|bdi|blockquote|br|button|circle|code|del|details|div|em|h3|h4|hr|kbd|li|line|ol|p|path|pre|rect|section|span|strong|sub|summary|sup|svg|table|tbody|td|th|thead|tr|ul|wbr)$/
const ATTRIBUTES =
  /^(?:aria-[a-z]+|class|data-address|data-footnote|dir|fill|height|hidden|href|id|open|rel|rx|ry|start|stroke|stroke-linecap|stroke-linejoin|stroke-width|style|tabindex|target|title|type|viewBox|width|x|x1|x2|xmlns|y|y1|y2|d|cx|cy|r)$/
const ADDRESS = /^(?:https?:\/\/|mailto:|#)/

/** Everything in the HTML that is not an element or attribute that replies are drawn with. */
function foreignTo(html: string): string[] {
  const foreign: string[] = []
  for (const [tag, name = '', attributes = ''] of html.matchAll(
    /<\/?([a-z0-9-]+)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*\/?>/gi,
  )) {
    if (!ELEMENTS.test(name)) foreign.push(tag)
    for (const [, attribute = '', value = ''] of attributes.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)) {
      const isStyle = attribute === 'style' && !/^text-align:(?:left|right|center)$/.test(value)
      const isAddress = /^(?:href|data-address)$/.test(attribute) && !ADDRESS.test(value)
      if (!ATTRIBUTES.test(attribute) || isStyle || isAddress) foreign.push(tag)
    }
  }
  if (html.replace(/<[^>]*>/g, '').includes('<')) foreign.push('an open tag')
  return foreign
}

describe('nothing but the elements of a reply is drawn, at any length of', () => {
  test.each(ATTACKS)('%s', (_, attack) => {
    expect(foreignTo(drawn(attack))).toEqual([])
    for (let length = 1; length <= attack.length; length++)
      expect(foreignTo(drawn(attack.slice(0, length), true)), attack.slice(0, length)).toEqual([])
  })
})

test.each([
  '<img src="x"/>',
  '<a href="javascript:x">x</a>',
  '<p onclick="x">x</p>',
  '<p style="color:red">x</p>',
])('%s would be noticed', html => {
  expect(foreignTo(html)).not.toEqual([])
})

test('there are enough of them', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(60)
})

test.each(['https://example.com/a?b=c#d', 'http://example.com', 'mailto:a@example.com'])(
  '%s may be linked to',
  address => {
    expect(safeUrl(address)).toBe(address)
  },
)

test.each([
  'javascript:alert(1)',
  '//example.com',
  '/chat',
  'ftp://example.com',
  'https://a@example.com',
  'https://',
  'https:\\\\example.com',
  'https://example.com/\u202e',
])('%s may not', address => {
  expect(safeUrl(address)).toBe('')
})

test('a link that names another host than it leads to says so', () => {
  expect(hostUnlike('https://bank.example/x', 'https://evil.example')).toBe('evil.example')
  expect(hostUnlike('www.example.com', 'https://example.com')).toBe('')
  expect(hostUnlike('o guia', 'https://example.com')).toBe('')
})

test('a diagram keeps what it shows, and loses its settings and clicks', () => {
  expect(
    drawableSource('---\ntitle: x\n---\n%%{init: {}}%%\ngraph TD\nA-->B\nclick A href "https://x"'),
  ).toBe('graph TD\nA-->B')
  expect(drawableSource('classDiagram\nclass A { <<interface>> }\nA <|-- B')).not.toBe(null)
  expect(drawableSource('graph TD\nA["um<br/>dois"]')).not.toBe(null)
})

test.each([
  ['---\ntitle: x\n---\n---\nconfig: {}\n---\ngraph TD\nA-->B', 'graph TD\nA-->B'],
  ['%%{init: {}}%%---\r\nconfig: {}\r\n---\r\ngraph TD\r\nA-->B', 'graph TD\nA-->B'],
  ['graph TD; A-->B; click A "https://x;y" "dica"; B-->C', 'graph TD; A-->B; B-->C'],
  ['graph TD; A-->B; style A fill:#fff,stroke:#333; B-->C', null],
  ['graph TD\n%% nota // para quem lê\nA["a\\nb"] -->|1/2| B["valida \\d+"]', null],
  ['sequenceDiagram\nA-//B: oi', null],
  ['classDiagram\nclass imagem { img }', null],
])('a diagram is drawn without what a picture has no use for: %j', (source, drawn) => {
  expect(drawableSource(source)).toBe(drawn ?? source)
})

test.each([
  ['groups', `graph TD\n${'subgraph a\n'.repeat(25)}A-->B\n${'end\n'.repeat(25)}`],
  ['groups on one line', `graph TD; ${'subgraph a; '.repeat(25)}`],
  ['states', `stateDiagram-v2\n${'state a {\n'.repeat(25)}${'}\n'.repeat(25)}`],
  ['loops', `sequenceDiagram\n${'loop x\n'.repeat(25)}${'end\n'.repeat(25)}`],
  ['branches', `mindmap\n${Array.from({ length: 25 }, (_, depth) => `${' '.repeat(depth)}a`).join('\n')}`],
])('a diagram of %s far within each other is not drawn', (_, source) => {
  expect(drawableSource(source)).toBe(null)
})

test.each([
  `graph TD\n${'subgraph a\nA-->B\nend\n'.repeat(25)}`,
  `erDiagram\n${'A ||--o{ B : tem\n'.repeat(25)}A {\n  string nome\n}`,
  `sequenceDiagram\n${'A->>B: oi\nloop x\nA->>B: oi\nend\n'.repeat(25)}`,
])('a diagram of many groups beside each other is drawn', source => {
  expect(drawableSource(source)).toBe(source.trim())
})

test.each([
  'graph TD\nA["<img src=x>"]',
  'flowchart TD\nA@{ "img": "//x/y.png" }',
  'flowchart TD\nA@{ label: "//x/y.png" }',
  'flowchart TD\nA@{ "\\u0069mg": "x" }',
  'graph TD; A-->B; style A fill:u\\72l(x)',
  'graph TD; A-->B; classDef x fill:"x"',
  'graph TD\nA["https://example.com"]',
  'flowchart TD\nA@{ img: "x" }',
  'graph TD\nclassDef x fill:url(x)',
  'graph TD\nstyle A fill:u\\72l(x)',
  '%%{init: {}\ngraph TD',
])('a diagram that reaches out is not drawn: %j', source => {
  expect(drawableSource(source)).toBe(null)
})
