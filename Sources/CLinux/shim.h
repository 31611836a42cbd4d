#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <unistd.h>
#include <sys/syscall.h>

/* Linux calls that Swift's Glibc module leaves out: declared behind _GNU_SOURCE, or variadic. */

/* Has the kernel begin to write a dirty range out, without waiting for it. */
static inline int larder_start_writeback(int descriptor, long long offset, long long count) {
    const unsigned write_only = 2; /* SYNC_FILE_RANGE_WRITE */
    return (int)syscall(SYS_sync_file_range, descriptor, offset, count, write_only);
}

/* Makes a file that only its owner may read; fails where there is one. */
static inline int larder_create_private(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}
