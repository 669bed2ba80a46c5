/* SPDX-License-Identifier: MIT */
/* What the importer did, counted. */
#ifndef IMPORTER_STATS_H
#define IMPORTER_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/* Why an import was left to importlib. */
enum fallthrough {
	FALLTHROUGH_BUILT_IN,       /* it is built into the interpreter, and in no bundle */
	FALLTHROUGH_NOT_BUNDLED,    /* the bundle does not have it */
	FALLTHROUGH_STALE,          /* its file is not the one that was bundled */
	FALLTHROUGH_SHADOWED,       /* an earlier folder may have a module of that name */
	FALLTHROUGH_OFF_PATH,       /* the search path does not lead to the folder it is from */
	FALLTHROUGH_FOREIGN_PATH,   /* a path entry or path hook that is not importlib's own */
	FALLTHROUGH_FOREIGN_FINDER, /* importlib or sys.meta_path was changed */
	FALLTHROUGH_DAMAGED,        /* its record or code is damaged */
	FALLTHROUGH_IN_USE,         /* its ready-made code was given away before */
	FALLTHROUGH_COUNT
};

/* Names of imports that were left for one reason, each after a space, as far as there is room. */
enum { LEFT_NAMES_SIZE = 2000 };

/* What imports were left for: a finder that is not importlib's own, a change of importlib. */
enum { FOREIGN_COUNT = 6, FOREIGN_TEXT_SIZE = 120 };

struct foreign {
	char text[FOREIGN_TEXT_SIZE];
	uint64_t count; /* imports; 0: unused */
};

/* What became of the snapshot that the bundle has. */
struct resume_stats {
	bool is_resumed;                   /* the start went on with it: */
	uint32_t modules;                  /* that the script imports first, and that it has */
	uint64_t guards_ns;                /* looking whether all was as before */
	uint64_t left_ns;                  /* clock_ns() when the process left what it was */
	uint64_t mapping_ns;               /* exchanging the memory */
	uint64_t renewing_ns;              /* making new what belongs to a process */
	char why_not[PYB_ERROR_TEXT_SIZE]; /* empty: it did, or there is none */
};

struct stats {
	uint64_t modules;    /* imports served with code from the bundle */
	uint64_t extensions; /* extension modules found through the bundle */
	uint64_t absent;     /* look-ups answered with "not found" */
	uint64_t specs;      /* specs given to other finders and importlib.util.find_spec */
	uint64_t codes;      /* code objects given to loaders */
	uint64_t code_bytes; /* bytes of code unmarshalled, or of ready-made objects read */
	uint64_t regexes;    /* patterns that did not have to be compiled */
	uint64_t generated;  /* sources, the same */
	uint64_t frozen;     /* frozen modules that did not have to be unmarshalled */
	uint64_t folders_listed;
	uint64_t site_folders;  /* whose .pth files the bundle told */
	uint64_t distributions; /* objects made without reading their metadata */
	uint64_t deferrals;     /* outermost imports without a garbage collection */
	uint64_t startup_ns;    /* time of the one pass over the startup modules */
	struct resume_stats resume;
	uint64_t fallthroughs[FALLTHROUGH_COUNT];
	struct foreign foreign[FOREIGN_COUNT];
	char left_names[FALLTHROUGH_COUNT][LEFT_NAMES_SIZE]; /* if they are to be printed */
};

/* A short name such as "not-bundled". Static storage. */
const char *stats_fallthrough_name(enum fallthrough reason);

#endif
