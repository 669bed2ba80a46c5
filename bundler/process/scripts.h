/* SPDX-License-Identifier: MIT */
/* The Python programs that pybundle hands to an interpreter, made from the .py files here. */
#ifndef BUNDLER_PROCESS_SCRIPTS_H
#define BUNDLER_PROCESS_SCRIPTS_H

extern const char resolver_script[];
extern const char imager_script[];
extern const char recorder_script[];
extern const char start_report_script[];
extern const char stock_start_script[];
extern const char trial_run_script[];
extern const char trial_script_script[];

#endif
