#define _GNU_SOURCE
#include "CLinux.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int larder_password_matches(const char *password, const char *hash) {
    /* 32 KiB: too much for the stack of a pool's thread. */
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL)
        return -1;
    const char *made = crypt_r(password, hash, data);
    int result = -1;
    if (made != NULL && made[0] != '*') {
        size_t length = strlen(hash);
        unsigned char difference = strlen(made) != length;
        for (size_t i = 0; i < length && made[i] != '\0'; i++)
            difference |= (unsigned char)(made[i] ^ hash[i]);
        result = difference == 0;
    }
    explicit_bzero(data, sizeof *data);
    free(data);
    return result;
}
