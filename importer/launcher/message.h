/* SPDX-License-Identifier: MIT */
/* What the launcher says on standard error. */
#ifndef IMPORTER_LAUNCHER_MESSAGE_H
#define IMPORTER_LAUNCHER_MESSAGE_H

#include <stddef.h>

/*
 * Write one line: "pystart: " and the given strings, as in message_say("cannot start ", path).
 * Control characters become '?'.
 */
#define message_say(...) message_say_parts((const char *const[]){__VA_ARGS__, NULL})

/* The same with a list that ends with NULL. */
void message_say_parts(const char *const *parts);

/* The text for an errno such as the launcher's system calls give. Static storage. */
const char *message_errno(int error);

#endif
