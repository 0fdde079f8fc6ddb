import { expect, test } from 'vitest'
import { createRequireUncommon } from './commonPasswords.ts'

const requireUncommon = createRequireUncommon('https://chat.exemplo.com.br')
const ABOUT = ['ana.souza@example.com', 'Ana Souza']

test.each([
  ['is on the list', 'qwertyuiop'],
  ['is on the list but for its capitals', 'QwertyUIOP'],
  ['is on the list but for the form of its letters', 'ｑｗｅｒｔｙｕｉｏｐ'],
  ['is on the list but for digits and signs', 'Senha@2026'],
  ['is on the list twice', 'flamengoflamengo'],
  ['has only digits and signs', '2026-11-30!'],
  ['is one letter', 'aaaaaaaaaa'],
  ['is a few letters again and again', 'abcabcabcabc'],
  ['is the name of the account', 'ana.souza2026'],
  ['is its address', 'ana.souza@example.com'],
  ['is the name of the person', 'Ana Souza 123'],
  ['is the name of the site', 'exemplo123456'],
  ['is the name of the program', '1234-riacho'],
])('a password that %s is refused', async (_, password) => {
  await expect(requireUncommon(password, ABOUT)).rejects.toMatchObject({ code: 'PASSWORD_TOO_COMMON' })
})

test.each([
  'correct horse battery',
  'um riacho que corre',
  'dragon 8471 tides',
  'x7#Kq-92mLpz',
  'dragon1234567890',
  '3f9a1c7e52',
])('%s is taken', async password => {
  await requireUncommon(password, ABOUT)
})
