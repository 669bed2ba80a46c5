/* SPDX-License-Identifier: MIT */
/* What the launcher says on standard error. */
#ifndef LAUNCHER_MESSAGE_H
#define LAUNCHER_MESSAGE_H

/* Write one line, "pystart: " and the strings up to a final NULL; control characters become '?'. */
void message_say(const char *first, ...) __attribute__((sentinel));

/* The text for an errno such as the launcher's system calls give. Static storage. */
const char *message_errno(int error);

#endif
