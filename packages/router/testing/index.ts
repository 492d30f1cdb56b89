export { channelChecks, channelContract, type ChannelContract } from './channel-suite.ts'
export { startProvider } from './provider.ts'
export { testDatabase, type TestDatabase } from './database.ts'
