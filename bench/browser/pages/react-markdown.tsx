import Markdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { show } from './show.tsx'

show(({ text }) => <Markdown remarkPlugins={[remarkGfm]}>{text}</Markdown>)
