/**
 * A thread that makes one call into the C library, `malloc_trim`. glibc keeps free pages that lie below memory in use, and Node has no way to
 * release them. In a thread, the call does not block the event loop, and the warning that FFI is experimental can be turned off. With another C
 * library or a Node without FFI, the thread ends with an error, and the pages stay.
 */
import { dlopen } from 'node:ffi';

dlopen(null, { malloc_trim: { arguments: ['u64'], return: 'i32' } }).functions.malloc_trim(0n);
