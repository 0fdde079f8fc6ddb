import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BENCH } from '../harness/processes.ts'
import type { Results } from '../harness/results.ts'
import { writePage, writeResults } from './write.ts'

/** Writes the tables and the page again from the last full run: `node bench/report/writeReport.ts`. */
const results = JSON.parse(readFileSync(join(BENCH, 'results', 'full.json'), 'utf8')) as Results
writeResults(results, 'full')
writePage(results)
