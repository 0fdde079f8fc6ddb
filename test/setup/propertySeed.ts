import fc from 'fast-check'
import { SEED } from '../harness/testSeed.ts'

// A property that fails prints its seed.
fc.configureGlobal({ seed: SEED })
