import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends the output with `N passed, N failed, N skipped`, alone on its line. A file that cannot load counts as failed. Before
 * it stand the tests that passed on their second try, because each is a fault to mend.
 */
export default class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 }
    const late: string[] = []
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') count[state]++
        if (test.diagnostic()?.flaky) late.push(`${module.relativeModuleId}: ${test.fullName}`)
      }
    }
    process.once('exit', () => {
      for (const name of late) console.log(`passed on its second try: ${name}`)
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
    })
  }
}
