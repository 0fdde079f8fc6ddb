import { parentPort, workerData } from 'node:worker_threads'
import { FileProblem } from '../fileProblem.ts'
import type { DocumentAnswer, DocumentQuestion } from './documentThread.ts'
import { readDocument } from './readDocument.ts'

const { bytes, name } = workerData as DocumentQuestion

let answer: DocumentAnswer
try {
  answer = { document: await readDocument(bytes, name) }
} catch (error) {
  answer = { code: error instanceof FileProblem ? error.code : 'FILE_UNREADABLE' }
}
parentPort?.postMessage(answer)
