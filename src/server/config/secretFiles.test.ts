import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { ConfigProblem } from './configProblem.ts'
import { readEnv, unknownSettings } from './env.ts'

const SECRET = 'a secret of at least thirty-two characters'

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    readEnv(source)
    return []
  } catch (error) {
    if (error instanceof ConfigProblem) return error.problems
    throw error
  }
}

test('a secret may stand in a file, as orchestrators hand it out', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'secret')
  writeFileSync(file, `${SECRET}\n`)
  expect(readEnv({ SESSION_SECRET_FILE: file }).session.secret).toBe(SECRET)
  expect(unknownSettings({ SESSION_SECRET_FILE: file })).toEqual([])
  expect(unknownSettings({ OPENAI_MODEL_FILE: file })).toEqual(['OPENAI_MODEL_FILE'])
})

test('what is wrong with a file is said, and never what is in it', async () => {
  await using folder = await temporaryFolder()
  const [file, short, empty] = ['secret', 'short', 'empty'].map(name => join(folder.path, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(file, SECRET)
  writeFileSync(short, 'private')
  writeFileSync(empty, '\n')
  const problems = [
    ...problemsOf({ SESSION_SECRET_FILE: file, SESSION_SECRET: SECRET }),
    ...problemsOf({ SESSION_SECRET_FILE: join(folder.path, 'missing') }),
    ...problemsOf({ SESSION_SECRET_FILE: empty }),
    ...problemsOf({ SESSION_SECRET_FILE: short }),
  ]
  expect(problems).toEqual([
    expect.stringMatching(/^SESSION_SECRET_FILE: SESSION_SECRET is set too; expected/),
    expect.stringMatching(/^SESSION_SECRET_FILE: the file cannot be read \(ENOENT\); expected/),
    expect.stringMatching(/^SESSION_SECRET_FILE: the file is empty; expected/),
    expect.stringMatching(/^SESSION_SECRET: too short; expected/),
  ])
  expect(problems.join()).not.toContain('private')
})
