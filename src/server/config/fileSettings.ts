import { dirname, join } from 'node:path'
import { z } from 'zod'
import { wholeNumber } from './wholeNumber.ts'

const MB = 1_000_000

/** What stands in the environment. */
export const fileShape = {
  FILES_DIR: z
    .string()
    .refine(
      value => !value.startsWith('~'),
      '~ is not expanded; expected a full path or one that starts with ./',
    )
    .optional(),
  FILES_BUCKET: z
    .string()
    .regex(/^s3:\/\/[^/]/, 'not a bucket; expected such as s3://bucket/folder')
    .optional(),
  DOCUMENT_TOKENS: wholeNumber(0, 2_000_000).default(50_000),
  LIMIT_FILE_MB: wholeNumber(1, 1000).default(20),
  LIMIT_IMAGE_MB: wholeNumber(1, 1000).default(25),
  LIMIT_FILES_MB: wholeNumber(0, 1_000_000).default(1000),
}

const schema = z.object(fileShape)

/** What is wrong with these settings together. `source` also has the variables of the AWS tools. */
export function storeProblems(
  given: Readonly<Record<string, string>>,
  source: Readonly<Record<string, string | undefined>>,
): string[] {
  if (!given['FILES_BUCKET']?.startsWith('s3://')) return []
  if ('FILES_DIR' in given) return ['FILES_DIR: FILES_BUCKET is set too; expected only one of the two']
  const missing = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter(name => !source[name])
  return missing.length === 0 ? [] : [`FILES_BUCKET: needs keys; expected ${missing.join(' and ')} too`]
}

/** Where files are kept, and how many. By default they are beside the database. */
export function filesOf(
  settings: z.infer<typeof schema>,
  databaseFile: string | undefined,
  source: Readonly<Record<string, string | undefined>>,
) {
  const url = settings.FILES_BUCKET
  const beside = databaseFile === undefined ? './data' : dirname(databaseFile)
  return Object.freeze({
    bucket: url === undefined ? undefined : Object.freeze({ url, variables: variablesOfAws(source) }),
    folder: settings.FILES_DIR ?? join(beside, 'files'),
    documentTokens: settings.DOCUMENT_TOKENS,
    limits: Object.freeze({
      file: settings.LIMIT_FILE_MB * MB,
      image: settings.LIMIT_IMAGE_MB * MB,
      owner: settings.LIMIT_FILES_MB * MB,
    }),
  })
}

/** The variables by which the AWS tools find a bucket. */
function variablesOfAws(source: Readonly<Record<string, string | undefined>>) {
  return Object.freeze(Object.fromEntries(Object.entries(source).filter(([name]) => name.startsWith('AWS_'))))
}
