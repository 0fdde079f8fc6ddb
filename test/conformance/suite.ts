import type { Case } from './case.ts'
import { answerCases } from './cases/answers.ts'
import { attachmentCases } from './cases/attachments.ts'
import { continuingCases } from './cases/continuing.ts'
import { conversationCases } from './cases/conversationCases.ts'
import { fileCases } from './cases/files.ts'
import { idempotencyCases } from './cases/idempotency.ts'
import { keepingCases } from './cases/keeping.ts'
import { lifeCases } from './cases/life.ts'
import { manyRunsCases } from './cases/manyRuns.ts'
import { ownershipCases } from './cases/ownership.ts'
import { probeCases } from './cases/probe.ts'
import { requestCases } from './cases/requests.ts'
import { resumingCases } from './cases/resuming.ts'
import { stopCases } from './cases/stop.ts'
import { streamCases } from './cases/streams.ts'
import { temporaryCases } from './cases/temporary.ts'
import { titleCases } from './cases/titles.ts'

/** Every case, in the order of the report. */
export const CASES: readonly Case[] = [
  ...streamCases,
  ...resumingCases,
  ...manyRunsCases,
  ...idempotencyCases,
  ...attachmentCases,
  ...fileCases,
  ...stopCases,
  ...continuingCases,
  ...ownershipCases,
  ...conversationCases,
  ...lifeCases,
  ...keepingCases,
  ...temporaryCases,
  ...titleCases,
  ...requestCases,
  ...probeCases,
  ...answerCases,
]
