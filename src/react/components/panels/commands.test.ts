import { expect, test } from 'vitest'
import { matchesWords } from './commands.ts'

test('a command is found by the beginnings of its words, in any order, without accents or case', () => {
  expect(matchesWords('Renomear conversa', 'conv ren')).toBe(true)
  expect(matchesWords('Configurações', 'CONFIGURACOES')).toBe(true)
  expect(matchesWords('Imprimir ou salvar em PDF', 'pdf')).toBe(true)
  expect(matchesWords('Tema claro', 'escuro')).toBe(false)
  expect(matchesWords('Qualquer coisa', ' ')).toBe(true)
})

test.each(['/', '👍', '...', ' ?! '])('no command is meant by %j', signs => {
  expect(matchesWords('Qualquer coisa', signs)).toBe(false)
})
