/* SPDX-License-Identifier: MIT */
/* Lines on stderr. Each begins with "pystart: " and is written with one write(2). */
#ifndef IMPORTER_MESSAGE_H
#define IMPORTER_MESSAGE_H

/* Something the user has to know. */
void message_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The bundle is not used: a warning if the user named it, else only under PYSTART_VERBOSE. */
void message_refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Only under PYSTART_VERBOSE. */
void message_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
