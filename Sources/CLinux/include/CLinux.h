#pragma once

/* Linux calls that Swift's Glibc module leaves out: declared behind _GNU_SOURCE, variadic, or made
   of macros. No system header is included here: with _GNU_SOURCE they declare other types than
   those that Swift knows. */

/* Has the kernel begin to write a dirty range out, without waiting for it. */
int larder_start_writeback(int descriptor, long long offset, long long count);

/* Whether a range is in the page cache, asked of one byte in each 512 KiB and the last: 0 where
   one of them is not, 1 where all are or the file system cannot tell. */
int larder_is_resident(int descriptor, long long offset, long long count);

/* Makes a file that only its owner may read; fails where there is one. */
int larder_create_private(const char *path);

/* A pipe that no program started meanwhile inherits: ends[0] is read, ends[1] is written. */
int larder_pipe(int ends[2]);

/* Starts a program, looked up in PATH, with Larder's environment, as the leader of a process group
   of its own. It has `input` and `output`, no error stream, no other descriptor, and no signal
   blocked or ignored. Returns 0 or an errno value. */
int larder_spawn(const char *file, char *const arguments[], int input, int output, int *process);

/* Waits for a program's end: its status for WIFEXITED and so on, -2 while it runs (only where
   `blocks` is 0), -1 where there is no such child. */
int larder_wait(int process, int blocks);

/* What a program ended with, -1 where a signal ended it. */
int larder_exit_code(int status);

/* Whether a password makes a hash of crypt(5): 1 where it does, 0 where not, -1 where the hash is
   of no kind that the system's library knows. Takes as long as the hash asks for. */
int larder_password_matches(const char *password, const char *hash);
