export { startBaton } from './compose.ts'
export type { Baton, BatonOptions, Started } from './compose.ts'
export { ERRORS } from './errors.ts'
