export { channelChecks, channelContract, type ChannelContract } from './channel-suite.ts'
export { startProvider } from './provider.ts'
export { testDatabase, type TestDatabase } from './database.ts'
export { engineChecks, engineContract, type EngineContract } from './engine-suite.ts'
