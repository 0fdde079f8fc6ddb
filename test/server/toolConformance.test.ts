import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const SUITE = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const CLIENT = join(ROOT, 'test/harness/toolClient.ts')
const run = promisify(execFile)

/** The suite times a reconnection to 200 ms, which a busy machine may miss. */
const RETRIES = { retry: 3, timeout: 60_000 }

/** The scenarios for clients, of the public conformance suite of MCP. Each that is left out has its reason. */
const LEFT_OUT = {
  'auth/2025-03-26-oauth-metadata-backcompat':
    'its issuer calls itself by another address than the one where it is found, which RFC 8414 (3.3) forbids',
  'auth/client-credentials-jwt':
    'nobody signs in there: a program proves itself with a key. Tokens stand in headers',
  'auth/client-credentials-basic':
    'nobody signs in there: a program proves itself with a secret. Tokens stand in headers',
  'auth/cross-app-access-complete-flow': 'an identity provider of a company would have to give tokens for it',
}
const SCENARIOS = [
  'initialize',
  'tools_call',
  'elicitation-sep1034-client-defaults',
  'sse-retry',
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/basic-cimd',
  'auth/scope-from-www-authenticate',
  'auth/scope-from-scopes-supported',
  'auth/scope-omitted-when-undefined',
  'auth/scope-step-up',
  'auth/scope-retry-limit',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-post',
  'auth/token-endpoint-auth-none',
  'auth/pre-registration',
  'auth/2025-03-26-oauth-endpoint-fallback',
  'auth/resource-mismatch',
  'auth/offline-access-scope',
  'auth/offline-access-not-supported',
]

test('every scenario for clients is run, or has a reason', async () => {
  const { stdout } = await run(process.execPath, [SUITE, 'list', '--client'])
  const listed = [...stdout.matchAll(/^ +- (\S+)/gm)].map(([, name]) => name)
  expect([...SCENARIOS, ...Object.keys(LEFT_OUT)].sort()).toEqual(listed.sort())
})

test.each(SCENARIOS)('the conformance suite of MCP: %s', RETRIES, async scenario => {
  await using folder = await temporaryFolder()
  const command = `${process.execPath} ${CLIENT}`
  const args = [SUITE, 'client', '--command', command, '--scenario', scenario]
  const { code, output } = await run(process.execPath, args, { cwd: folder.path }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  )
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/passed/i) })
})
