import { expect, test } from 'vitest'
import { readMisspellings, SETTINGS } from './env.ts'
import { misspellingsOf } from './misspelling.ts'

test.each([
  ['OPENAI_MODLE', 'OPENAI_MODEL'],
  ['OPENAI_KEY', 'OPENAI_API_KEY'],
  ['OPENAI_ORGANIZATION_FROM_ELSEWHERE', expect.stringMatching(/^OPENAI_/)],
  ['openai_model', 'OPENAI_MODEL'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['MODEL_PRICE', 'MODEL_PRICES'],
  ['COMMIT_WINDOW', 'COMMIT_WINDOW_MS'],
  ['RATE_LIMIT', 'RATE_LIMIT_PER_MINUTE'],
  ['SESION_SECRET', 'SESSION_SECRET'],
  ['RIACHO_PORT', 'PORT'],
  ['PROT', 'PORT'],
  ['TITLE', 'TITLES'],
])('%s looks like %s', (name, known) => {
  expect(readMisspellings({ [name]: 'x' })).toEqual([{ name, known }])
})

test('a setting is not taken for another one', () => {
  expect(misspellingsOf(SETTINGS, SETTINGS)).toEqual([])
})

test('the usual variables of a machine are left alone', () => {
  const usual =
    'HOME PATH HOSTNAME HOSTTYPE USER LOGNAME SHELL TERM LANG LC_ALL PWD OLDPWD SHLVL MAIL EDITOR PAGER TZ TMPDIR ' +
    'NODE_ENV NODE_OPTIONS NODE_PATH CI DEBUG DISPLAY SSH_TTY SESSION_MANAGER DBUS_SESSION_BUS_ADDRESS XDG_SESSION_ID ' +
    'INVOCATION_ID JOURNAL_STREAM LISTEN_FDS NOTIFY_SOCKET HTTP_PROXY https_proxy NO_PROXY npm_config_cache INIT_CWD ' +
    'npm_lifecycle_event npm_package_name COLORTERM FORCE_COLOR KUBERNETES_PORT KUBERNETES_SERVICE_HOST PS1 _'
  expect(misspellingsOf(usual.split(' '), SETTINGS)).toEqual([])
})
