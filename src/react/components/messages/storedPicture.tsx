import { ImageOff, LoaderCircle } from 'lucide-react'
import { type CSSProperties, useCallback, useRef, useState } from 'react'
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
  const isDrawing = status === 'drawing'
  const [isSeenGrowing] = useState(isDrawing)
  if (version === undefined) return <Shown file={file} />
  // The frame knows no width and height, and a lower picture would move what follows it.
  const place = isSeenGrowing && (isDrawing || hasBytes(file)) ? 'min-h-80' : ''
  return (
    <figure className="w-fit max-w-full">
      <div className={`relative ${place}`}>
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

/** The most that a picture is high, in rem. */
const HIGHEST = 20

/** The place of a picture before its bytes are there. What a model draws is as wide as it may be, so that each version has one place. */
function placeOf({ width, height, version }: Picture): CSSProperties {
  if (!(width > 0 && height > 0)) return {}
  const widest = `${(HIGHEST * width) / height}rem`
  return {
    width: version === undefined ? `min(${width}px, ${widest})` : widest,
    aspectRatio: `${width} / ${height}`,
  }
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
          style={placeOf(file)}
          onError={() => setBrokenUrl(url)}
          className="h-auto max-h-80 w-auto max-w-full rounded-lg border border-line bg-subtle object-contain"
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
