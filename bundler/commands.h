/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of pybundle. Each takes its own arguments, argv[0] being its name, and returns
 * the exit status of the program.
 */
#ifndef BUNDLER_COMMANDS_H
#define BUNDLER_COMMANDS_H

int command_record(int argc, char **argv);
int command_build(int argc, char **argv);
int command_list(int argc, char **argv);
int command_verify(int argc, char **argv);

#endif
