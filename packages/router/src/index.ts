export * from './contract/index.ts'
export * from './conversation/index.ts'
export { ERRORS as ROUTER_ERRORS } from './errors.ts'
