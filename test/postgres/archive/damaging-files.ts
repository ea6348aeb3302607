import { NodeColdFiles } from '../../../src/storage/cold/files.node.js'

type Damage = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** Files that are not what was given to be written. */
export class DamagingFiles extends NodeColdFiles {
  private readonly which: RegExp
  private readonly damage: Damage

  constructor(folder: string, which: RegExp, damage: Damage) {
    super(folder)
    this.which = which
    this.damage = damage
  }

  override async create(path: string, bytes: Uint8Array): Promise<void> {
    return super.create(path, this.which.test(path) ? await this.damage(bytes) : bytes)
  }
}
