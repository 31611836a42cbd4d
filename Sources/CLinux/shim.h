#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sys/uio.h>
#include <errno.h>
#include <sys/syscall.h>

/* Linux calls that Swift's Glibc module leaves out: declared behind _GNU_SOURCE, or variadic. */

/* Has the kernel begin to write a dirty range out, without waiting for it. */
static inline int larder_start_writeback(int descriptor, long long offset, long long count) {
    const unsigned write_only = 2; /* SYNC_FILE_RANGE_WRITE */
    return (int)syscall(SYS_sync_file_range, descriptor, offset, count, write_only);
}

/* Whether a range is in the page cache, asked of one byte in each 256 KiB and the last: 0 where
   one of them is not, 1 where all are or the file system cannot tell. */
static inline int larder_is_resident(int descriptor, long long offset, long long count) {
    const long long step = 256 * 1024;
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

/* Makes a file that only its owner may read; fails where there is one. */
static inline int larder_create_private(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* A pipe that no program started meanwhile inherits: ends[0] is read, ends[1] is written. */
static inline int larder_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

/* Starts a program, looked up in PATH, with Larder's environment, as the leader of a process group
   of its own. It has `input` and `output`, no error stream, no other descriptor, and no signal
   blocked or ignored. Returns 0 or an errno value. */
static inline int larder_spawn(
    const char *file, char *const arguments[], int input, int output, pid_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) return failure;
    failure = posix_spawnattr_init(&attributes);
    if (failure) {
        posix_spawn_file_actions_destroy(&actions);
        return failure;
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if ((failure = posix_spawn_file_actions_adddup2(&actions, input, 0)) == 0
        && (failure = posix_spawn_file_actions_adddup2(&actions, output, 1)) == 0
        && (failure = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)) == 0
        && (failure = posix_spawn_file_actions_addclosefrom_np(&actions, 3)) == 0
        && (failure = posix_spawnattr_setsigmask(&attributes, &none)) == 0
        && (failure = posix_spawnattr_setsigdefault(&attributes, &all)) == 0
        && (failure = posix_spawnattr_setpgroup(&attributes, 0)) == 0
        && (failure = posix_spawnattr_setflags(
                &attributes,
                POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)) == 0)
        failure = posix_spawnp(process, file, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* Waits for a program's end: its status for WIFEXITED and so on, -2 while it runs (only where
   `blocks` is 0), -1 where there is no such child. */
static inline int larder_wait(pid_t process, int blocks) {
    int status = 0;
    pid_t found;
    do {
        found = waitpid(process, &status, blocks ? 0 : WNOHANG);
    } while (found < 0 && errno == EINTR);
    return found == process ? status : found == 0 ? -2 : -1;
}

/* What a program ended with, -1 where a signal ended it. */
static inline int larder_exit_code(int status) {
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
