import { ImageOff, LoaderCircle } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { hasBytes, type MadeStatus } from '../../../protocol/madeFiles.ts'
import type { StoredFile } from '../../../protocol/parts.ts'
import { useFileUrl } from '../../files.ts'
import { usePrinting } from '../../printing.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'
import { CARD } from './fileCard.ts'

type Picture = Extract<StoredFile, { type: 'image' }>

const viewer = partSource(() => import('./pictureViewer.tsx').then(({ PictureViewer }) => PictureViewer))

/** A picture of a message, which can be enlarged. One of a reply may still be drawn, or may never have been finished. */
export function StoredPicture({ file }: { file: Picture }) {
  const { status, version } = file
  if (version === undefined) return <Shown file={file} />
  const isDrawing = status === 'drawing'
  return (
    <figure className="w-fit max-w-full">
      <div className="relative">
        {hasBytes(file) ? <Shown file={file} /> : isDrawing && <Frame />}
        {isDrawing && <Drawing />}
      </div>
      {status !== undefined && !isDrawing && <PictureNote status={status} file={file} />}
    </figure>
  )
}

/** As high as the picture that comes, so that nothing moves then. */
function Frame() {
  return <div aria-hidden className="h-80 w-80 max-w-full rounded-lg border border-line bg-subtle" />
}

/** It lies on the picture, so that nothing moves when it goes. */
function Drawing() {
  const t = useTranslations()
  return (
    <p className="pointer-events-none absolute bottom-2 left-2 flex items-center gap-2 rounded-lg border border-line bg-surface px-2 py-1 text-sm">
      <LoaderCircle aria-hidden className="size-4 shrink-0 animate-spin motion-reduce:animate-none" />
      {t('pictureStates.drawing')}
    </p>
  )
}

function PictureNote({ status, file: { code } }: { status: MadeStatus; file: Picture }) {
  const t = useTranslations()
  return (
    <figcaption className="mt-1 flex gap-2 text-muted text-sm">
      <ImageOff aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span className="min-w-0 break-words">
        {t(`pictureStates.${status}`)}
        {code === 'QUOTA_EXCEEDED' && ` ${t('errors.QUOTA_EXCEEDED')}`}
      </span>
    </figcaption>
  )
}

function Shown({ file }: { file: Picture }) {
  const t = useTranslations()
  const { fileId, name, width, height, version, description } = file
  const url = useFileUrl(fileId, version)
  const isPrinting = usePrinting()
  const [isOpen, setOpen] = useState(false)
  const [brokenUrl, setBrokenUrl] = useState<string>()
  const button = useRef<HTMLButtonElement>(null)
  const close = useCallback(() => setOpen(false), [])
  if (url === null || (url !== undefined && brokenUrl === url)) {
    return (
      <p className={CARD}>
        <ImageOff aria-hidden className="size-4 shrink-0 text-muted" />
        <span>
          <bdi>{name}</bdi>: {t('picture.missing')}
        </span>
      </p>
    )
  }
  // What a model draws has one height from its beginning to its end.
  const heightClass = version === undefined ? 'h-auto' : 'h-80'
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        data-on-paper
        aria-label={t('picture.open', { name: description ?? name })}
        onPointerEnter={viewer.preload}
        onFocus={viewer.preload}
        onClick={() => setOpen(true)}
        className="block min-h-9 min-w-9 max-w-full cursor-zoom-in rounded-lg pointer-coarse:min-h-11 pointer-coarse:min-w-11"
      >
        <img
          {...(url && { src: url })}
          alt={description ?? name}
          loading={isPrinting ? 'eager' : 'lazy'}
          width={width}
          height={height}
          onError={() => setBrokenUrl(url)}
          className={`${heightClass} max-h-80 w-auto max-w-full rounded-lg border border-line bg-subtle object-contain`}
        />
      </button>
      {isOpen && url && (
        <LazyPart
          source={viewer}
          props={{ file, url, onClose: close, returnFocus: () => button.current?.focus() }}
          onMissing={close}
        />
      )}
    </>
  )
}
