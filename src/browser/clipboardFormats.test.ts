import { expect, test } from 'vitest'
import { toCsv } from './clipboardFormats.ts'

test('a table is comma-separated, and what would end a cell is quoted', () => {
  expect(
    toCsv([
      ['Mês', 'Valor'],
      ['maio, junho', '1 "bruto"'],
      ['dois\nlinhas', ' $x^2$'],
    ]),
  ).toBe('Mês,Valor\r\n"maio, junho","1 ""bruto"""\r\n"dois\nlinhas"," $x^2$"\r\n')
})
