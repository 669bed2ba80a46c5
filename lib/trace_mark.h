/* SPDX-License-Identifier: MIT */
/*
 * How a process that is traced tells its tracer how far it has come: by a system call that has no
 * effect and that nobody makes by chance, prctl(TRACE_MARK, a number). The kernel knows no such option
 * and refuses it, so that the process goes on in the same way whether it is traced or not.
 */
#ifndef PYB_TRACE_MARK_H
#define PYB_TRACE_MARK_H

enum {
	TRACE_MARK = 0x70797374, /* "pyst" */
	TRACE_MARK_BEGIN = 1,    /* what was asked before does not matter */
	TRACE_MARK_END = 2,      /* what is asked from here on does not matter */
	/* The interpreter itself is ready: what it has asked of its own standard streams, of time, signals and
	   random bytes is made new at each start. From here on it is `site` and what that runs. */
	TRACE_MARK_SITE = 3,
	/* With bits of enum trace_mark_body added: the body of another module is executed. */
	TRACE_MARK_BODY = 256,
};

/* What a module asks for that does no harm: it is made new in each start, or leaves nothing. */
enum trace_mark_body {
	TRACE_BODY_TIME = 1,
	TRACE_BODY_RANDOM = 2,
	TRACE_BODY_PROCESS = 4,
	TRACE_BODY_EPOLL = 8,   /* it makes one and closes it */
	TRACE_BODY_FOLDER = 16, /* the working folder */
	TRACE_BODY_PATH = 32,   /* files and folders */
	TRACE_BODY_LINKS = 64,  /* lstat(2), whether it is a link; not what is left of the answer */
	TRACE_BODY_ALL = 127,
};

#endif
