/* `npm run test:long`: every property is tried on a thousand draws instead of a hundred. */
import fc from 'fast-check'

if (process.env.RECURRA_LONG) fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: 1000 })
