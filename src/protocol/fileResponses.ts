import type { FileRefusal } from './errors.ts'

/** What the server has of a file. */
export interface FileDetails {
  fileId: string
  name: string
  /** What its bytes are. While they are not looked at: what the client took it for. */
  mediaType: string
  /** In bytes: of what is uploaded, and then of what is stored. */
  size: number
  state: 'uploading' | 'reading' | 'ready' | 'refused'
  /** Why it was refused. */
  code?: FileRefusal
  /** The same for people, in the language of the request. */
  message?: string
  /** Of a picture, in pixels. */
  width?: number
  height?: number
  /** Of a PDF. */
  pages?: number
  /** Of a document: about how much its text is to a model. */
  tokens?: number
}

export interface BegunFileResponse {
  fileId: string
  offset: number
}

export interface PieceResponse {
  /** How many bytes the server keeps. */
  offset: number
  file: FileDetails
}

export interface FileResponse {
  file: FileDetails
}

/** A piece of the text of a document. */
export interface PassageResponse {
  passage: {
    fileId: string
    /** Counted from 1. */
    place: number
    /** Of the file. */
    name: string
    mediaType: string
    /** Of a PDF, from 1. */
    page?: number
    /** The sheet, or the heading above. */
    section?: string
    text: string
  }
}
