/* SPDX-License-Identifier: MIT */
/*
 * Having another function called than the program's main(), without a change of the program: its first
 * instructions call __libc_start_main() through a word that the dynamic linker has filled in, and tell it
 * where main() is (System V ABI; glibc, csu/libc-start.c). Only a process that a snapshot is made of does so.
 */
#ifndef IMPORTER_RESUME_STAND_IN_H
#define IMPORTER_RESUME_STAND_IN_H

#include <stdbool.h>

/* As the C library calls main(). */
typedef int main_function(int argc, char **argv, char **envp);

/*
 * Have `replacement` called in the place of the program's main(); to be called by a constructor. When it is
 * called, all is as the dynamic linker left it. Returns false, with nothing changed, if the program does not
 * start as expected.
 */
bool stand_in_for_main(main_function *replacement);

#endif
