/**
 * How far a reader is, for the one writer that waits for it: no event of a bench is lost, and none has to be.
 *
 * @module
 */

/** A count of what was read, which two threads share. It wraps at 32 bits. */
export class Progress {
  private readonly words: Int32Array
  private readonly most: number
  private written = 0

  /** @param most how many events the writer may be ahead */
  constructor(buffer: SharedArrayBuffer, most: number) {
    this.words = new Int32Array(buffer)
    this.most = most
  }

  /** Memory for it. */
  static buffer(): SharedArrayBuffer {
    return new SharedArrayBuffer(4)
  }

  /** Called by the reader, which has read `count` more. */
  moved(count: number): void {
    Atomics.add(this.words, 0, count)
  }

  /** Called by the writer, which is about to write `count`: waits until the reader is near enough. */
  awaitRoom(count: number): void {
    this.written = (this.written + count) | 0
    while (((this.written - Atomics.load(this.words, 0)) | 0) > this.most);
  }
}
