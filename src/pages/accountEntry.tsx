import { AccountPage } from '../react/components/account/accountPage.tsx'
import { start } from './start.tsx'

void start(<AccountPage />)
