import { SharedPage } from '../react/components/sharedPage.tsx'
import { start } from './start.tsx'

void start(<SharedPage shareId={location.pathname.split('/').at(2) ?? ''} />)
