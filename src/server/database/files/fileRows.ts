import type { FileRefusal } from '../../../protocol/errors.ts'

/** A file of an owner. Its bytes are where `stored_as` says, and files of the same bytes share them. */
export interface FileRow {
  id: string
  owner_id: string
  name: string
  /** What the client took it for, until the bytes have said what it is. */
  media_type: string
  /** Of what is uploaded, then of what is stored. */
  size: number
  state: 'uploading' | 'ready' | 'refused'
  /** How many bytes have come. With all of them it is still `uploading` until it is known what the file is. */
  received: number
  /** How often a process began to look what the file is. */
  attempts: number
  /** When the process that looks said last that it still does, by the steady time. `null`: none looks. */
  looked_at: number | null
  code: FileRefusal | null
  /** In the store, once the file is ready. */
  stored_as: string | null
  width: number | null
  height: number | null
  pages: number | null
  tokens: number | null
  /** By the steady time. */
  created_at: number
  /** When to look whether it goes, by the steady time. `null`: a message has it. */
  due_at: number | null
  /** The UTF-8 bytes of all its passages. */
  text_bytes: number
}

/** A piece of the text of a document. All passages of a file, in their order, are its whole text. */
export interface PassageRow {
  file_id: string
  /** Counted from 1. */
  place: number
  /** Of a PDF. */
  page: number | null
  /** The sheet, or the heading above it. */
  section: string | null
  text: string
}

/** Words of the passages of a file that begin alike, as `wordsOfPassages` makes them. */
export interface PassageWordsRow {
  file_id: string
  beginning: string
  words: string
}

/** Which files a message has. A trigger makes a file due when a message lets it go. */
export interface MessageFileRow {
  message_id: string
  file_id: string
}

/** A piece of a file that is uploaded, in the store. */
export interface FilePieceRow {
  file_id: string
  /** Where it begins in the file. */
  position: number
  stored_as: string
  size: number
}

/**
 * A name to remove from the store. A name that ends with a slash is a folder. The row is there before the bytes are, so that no
 * death of a process leaves bytes that nobody knows.
 */
export interface FileTrashRow {
  stored_as: string
  /** When to remove what is there, by the steady time. */
  due_at: number
  /** When to remove it for the last time, because until then something may still be written. */
  ends_at: number
}
