/** Both formats through the contract of cold storage. */
import { describe, test } from 'vitest'
import { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import { coldStorageContract } from '../../../src/testing/cold-storage-contract.js'
import { temporaryFolder } from './support.js'

describe.each(['messagepack', 'parquet'] as const)('files of %s', (format) => {
  const makePlace = () => {
    const { path, remove } = temporaryFolder()
    return { store: () => new FileColdStorage(path, { format }), remove }
  }
  for (const { name, run } of coldStorageContract(makePlace)) test(name, run)
})
