#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int larder_start_writeback(int descriptor, long long offset, long long count) {
    const unsigned write_only = 2; /* SYNC_FILE_RANGE_WRITE */
    return (int)syscall(SYS_sync_file_range, descriptor, offset, count, write_only);
}

int larder_is_resident(int descriptor, long long offset, long long count) {
    const long long step = 512 * 1024;
    char byte;
    struct iovec vector = {&byte, 1};
    for (long long done = 0; done < count; done += step) {
        if (preadv2(descriptor, &vector, 1, offset + done, RWF_NOWAIT) < 0 && errno == EAGAIN)
            return 0;
    }
    if (count > 0 && preadv2(descriptor, &vector, 1, offset + count - 1, RWF_NOWAIT) < 0 &&
        errno == EAGAIN)
        return 0;
    return 1;
}

int larder_create_private(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}
