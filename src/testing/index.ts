/**
 * experience-stream/testing: what the author of a store needs to test it against the contract.
 *
 * @module
 */

export { persistenceBackendContract } from './backend-contract.js'
export type { BackendCapability, BackendCheck, BackendPlace } from './backend-place.js'
export type { ContractCheck } from './check.js'
export { coldStorageContract, type StorePlace } from './cold-storage-contract.js'
export { makeCorrections, makeEvents, SOME_DAY_US } from './events.js'
