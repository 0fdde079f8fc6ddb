import { expect, test } from 'vitest'
import { drawn as render } from '../testing/drawn.ts'

const NO_FORMULAS = [
  'R$ 5 e R$ 10',
  'US$5 ou US$10',
  '$5 e $10',
  'de $5 a $10, ou R$ 20',
  'entre R$5 e R$10',
  'custa \\$5 e \\$6',
  '$HOME e $PATH',
  'From $5-$10',
  '$5/$10',
  '$100k→$200k',
  '**$5** and **$10**',
  '$HOME/$USER',
  '$a,$b',
  ['$a=$', '{b}'].join(''),
  '**$VAR** e **$OUTRA**',
]

test.each(NO_FORMULAS)('%s is no formula, however much of it is there', text => {
  expect(render(text)).not.toContain('formula')
  for (let length = 1; length <= text.length; length++)
    expect(render(text.slice(0, length), true)).not.toContain('formula')
})

test.each([
  ['$x$', 'x'],
  ['$E = mc^2$', 'E = mc^2'],
  ['($a_1$, $b$)', 'a_1'],
  ['\\(a + b\\)', 'a + b'],
  ['é $$a$$ aqui', 'a'],
  ['$$\na\n$$', 'a'],
  ['\\[\na\n\\]', 'a'],
  ['*x $a*b$ y*', 'a*b'],
  ['\\[\nx = 1\n\\].', 'x = 1.'],
  ['$$\nx = 1\n$$,\nfim', 'x = 1,'],
  ['Seja\n\\[\nx\n- y\n\\];\nfim', 'x\n- y;'],
  ['Temos \\[\nx = 1\n\\] fim.', 'x = 1'],
  ['Temos \\(x\n= 1\\) fim.', 'x\n= 1'],
  ['- Temos $$\n  x = 1\n  $$ fim.', 'x = 1'],
  ['$$\nx = 1\n$$ onde $$y$$', 'x = 1'],
  ['So $$\\begin{aligned}\na=b\\\\\nc=d\\end{aligned}$$', '\\begin{aligned}\na=b\\\\\nc=d\\end{aligned}'],
])('%s is one', (text, tex) => {
  expect(render(text)).toMatch(/class="formula/)
  expect(render(text)).toContain(`<code class="unset">${tex}</code>`)
})

test.each([
  ['O plano custa **R$ 5** e o outro **R$ 10** por mês.', ['R$ 5', 'R$ 10']],
  ['**$5** and **$10**', ['$5', '$10']],
  ['**Total: R$ 1.500** (R$ 1.000 + R$ 500)', ['Total: R$ 1.500']],
  ['Custa US$ 5 (*promo*) ou US$ 10.', ['promo']],
  ['O total de R$ 100 (**10%** a mais que R$ 90)', ['10%']],
  ['- **US$ 5** (ou *R$ 25*)', ['US$ 5', 'R$ 25']],
])('prices leave the emphasis around them alone: %s', (text, emphases) => {
  const html = render(text)
  expect([...html.matchAll(/<(strong|em)>(.*?)<\/\1>/g)].map(([, , inside]) => inside)).toEqual(emphases)
  expect(html).not.toContain('*')
})

test.each(['$a^*$', '\\(a^*\\)', '\\(a*b\\)', '\\[a^*\\]', '$$a^*$$'])(
  'a star in the formula %s closes no emphasis around it',
  formula => {
    for (const mark of ['*', '**', '_'])
      expect(render(`${mark}Teorema: ${formula} é dual${mark}`)).toMatch(
        /<p><(strong|em)>Teorema: <span class="formula.*<\/span> é dual<\/\1><\/p>/,
      )
  },
)

test('a formula on lines of its own can be reached by keyboard, since it may scroll', () => {
  expect(render('$$\nx\n$$')).toContain('<div class="formula display" tabindex="0">')
  expect(render('$x$')).not.toContain('tabindex')
})
