import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const SUITE = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const CLIENT = join(ROOT, 'test/harness/toolClient.ts')
const run = promisify(execFile)

/**
 * The scenarios for clients, of the public conformance suite of MCP. Left out are those of `auth/`, because Riacho does not sign
 * in at a server, and `elicitation-sep1034-client-defaults`, because it offers no elicitation.
 */
test.each(['initialize', 'tools_call', 'sse-retry'])(
  'the conformance suite of MCP: %s',
  async scenario => {
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
  },
  60_000,
)
