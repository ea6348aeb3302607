/**
 * experience-stream/threads: what a program that shares its stream between threads needs beside the stream itself.
 *
 * @module
 */

export { SequenceAbortedError, SharedMemoryUnavailableError, WriterRetiredError } from './errors.js'
