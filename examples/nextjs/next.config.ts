import { withRiacho } from 'riacho/next'

export default withRiacho({})
