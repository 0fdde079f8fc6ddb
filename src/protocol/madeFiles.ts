import { FILE_REFUSALS, type FileRefusal } from './errors.ts'

/*
 * Pictures that a model makes. The place of a picture is fixed when the model begins it. Its bytes are stored later, and only
 * then an event names them, so that text never waits for them.
 */

/**
 * How far a picture of a reply is. Absent: it is all there.
 * - **drawing**: the model draws it. `version` counts what was stored of it so far.
 * - **unfinished**: the run ended first. What is stored of it, if anything, is a preview.
 * - **failed**: it could not be stored. `code` says why.
 */
export type MadeStatus = 'drawing' | 'unfinished' | 'failed'

/** Why what a model or a tool made could not be stored. */
export type KeepFailure = FileRefusal | 'STORAGE_UNAVAILABLE'

/** What a picture of a reply has besides those of a person. */
export interface Made {
  status?: MadeStatus
  /** How often bytes were stored for it. 0: there are none. */
  version?: number
  /** What it shows, as the model says. Untrusted. */
  description?: string
  code?: KeepFailure
}

/** What is stored of a picture. In pixels and bytes. */
export interface StoredFacts {
  name: string
  mediaType: string
  size: number
  width: number
  height: number
}

export interface FileStart {
  fileId: string
  name: string
  mediaType: string
}

/** A preview was stored. */
export interface FileUpdate extends StoredFacts {
  fileId: string
  version: number
}

/** The picture was stored, or it could not be. */
export type FileEnd = { fileId: string; description?: string } & (
  | ({ version: number } & StoredFacts)
  | { code: KeepFailure }
)

type Picture = Made & StoredFacts

/** A picture that the model begins: nothing is stored of it. */
export function beginPicture<Start extends FileStart>(start: Start): Start & Picture {
  return { ...start, size: 0, width: 0, height: 0, status: 'drawing', version: 0 }
}

/** A picture after its end. */
export function endPicture<Whole extends Picture>(picture: Whole, end: FileEnd): Whole {
  if ('code' in end) return { ...picture, ...end, status: 'failed' }
  const { status: _, ...rest } = picture
  return { ...(rest as Whole), ...end }
}

/** A picture after the end of its run. */
export function closePicture<Whole extends Picture>(picture: Whole): Whole {
  return picture.status === 'drawing' ? { ...picture, status: 'unfinished' } : picture
}

/** Whether there are bytes to show. */
export function hasBytes({ version }: Made): boolean {
  return version !== 0
}

const STATUSES: readonly unknown[] = ['drawing', 'unfinished', 'failed'] satisfies MadeStatus[]

/** A stored picture with fields of the right types, whatever is stored. What is wrong and may be absent is left out. */
export function mendedPicture<Whole extends Picture>(picture: Whole): Whole {
  const { status, version, description, code } = picture
  const isWhole =
    (status === undefined || STATUSES.includes(status)) &&
    (version === undefined || Number.isFinite(version)) &&
    (description === undefined || typeof description === 'string') &&
    (code === undefined || isFailure(code))
  if (isWhole) return picture
  const { status: _, version: __, description: ___, code: ____, ...rest } = picture
  return {
    ...(rest as unknown as Whole),
    ...(STATUSES.includes(status) && { status }),
    ...(Number.isFinite(version) && { version }),
    ...(typeof description === 'string' && { description }),
    ...(isFailure(code) && { code }),
  }
}

function isFailure(code: unknown): code is KeepFailure {
  return typeof code === 'string' && (code === 'STORAGE_UNAVAILABLE' || Object.hasOwn(FILE_REFUSALS, code))
}
