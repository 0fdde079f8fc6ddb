import { Streamdown } from 'streamdown'
import { show } from './show.tsx'

show(({ text }) => <Streamdown>{text}</Streamdown>)
