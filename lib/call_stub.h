/* SPDX-License-Identifier: MIT */
/*
 * How the function of an entry point MODULE:FUNCTION is called: what Python gets with `-c`. The
 * launcher and the archive at the end of a bundle (bundler/build/stock_start.py) do it alike. This
 * text is followed by
 *
 *     from MODULE import FIRST NAME OF FUNCTION
 *     raise SystemExit(FUNCTION())
 *
 * and the arguments are the folder that is to be sys.path[0], what shall be sys.argv[0], and those of
 * the program. Nothing is imported while the current folder, which is -c's, is on the path.
 */
#ifndef PYB_CALL_STUB_H
#define PYB_CALL_STUB_H

#define PYB_CALL_STUB                                                   \
	"import sys\n"                                                  \
	"if not getattr(sys.flags, 'safe_path', sys.flags.isolated):\n" \
	"    sys.path[0] = sys.argv[1]\n"                               \
	"    import os\n"                                               \
	"    sys.path[0] = os.path.realpath(sys.argv[1])\n"             \
	"del sys.argv[:2]\n"

#endif
