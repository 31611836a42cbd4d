#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int larder_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int larder_spawn(
    const char *file, char *const arguments[], int input, int output, int *process) {
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

int larder_wait(int process, int blocks) {
    int status = 0;
    pid_t found;
    do {
        found = waitpid(process, &status, blocks ? 0 : WNOHANG);
    } while (found < 0 && errno == EINTR);
    return found == process ? status : found == 0 ? -2 : -1;
}

int larder_exit_code(int status) {
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
