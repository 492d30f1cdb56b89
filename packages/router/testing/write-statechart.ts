import { writeFileSync } from 'node:fs'
import { statechartPage } from './statechart.ts'

writeFileSync(new URL('../../../docs/statechart.md', import.meta.url), statechartPage())
