/* SPDX-License-Identifier: MIT */
/*
 * The bundle file format, version 2: the structures as they lie on disk; snapshot_format.h has those of
 * the sections SNAPSHOT and PAGES. format.md is the normative description; they change together.
 *
 *     +--------------------+ 0
 *     | header page        |  identity, interpreter, policies, section table, strings
 *     +--------------------+ 4096
 *     | section            |  each begins on a page boundary, zero bytes fill the gaps
 *     +--------------------+
 *     | ...                |
 *     +--------------------+ header.file_size
 *
 * All numbers are little-endian; the structures have no implicit padding and are used in place.
 * Strings are UTF-8 (file names: the bytes of the file system), counted, and followed by a NUL.
 */
#ifndef PYB_FORMAT_H
#define PYB_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "bundles are used in place and need a little-endian machine"
#endif

enum {
	PYB_PAGE_SIZE = 4096, /* alignment of sections, and the size of the header */
	PYB_FORMAT_VERSION = 2,
	PYB_NO_SNAPSHOT_MAX = 1023,
	PYB_SECTION_MAX = 24, /* entries in the header's section table */
	PYB_BUILD_ID_MAX = 31,
	PYB_INDEX_LOAD = 2, /* slots per module in the index, at the least */
};

/* \x89 reveals a stripped eighth bit, \r\n and \n a text-mode transfer, \x1a stops a DOS `type`. */
#define PYB_MAGIC "\x89PYB\r\n\x1a\n"
enum { PYB_MAGIC_SIZE = 8 };

#define PYB_NONE UINT32_C(0xffffffff) /* "no such record" where a record number is expected */

/* Feature bits. A reader refuses unknown incompatible bits and ignores unknown compatible ones. */
#define PYB_INCOMPAT_ZSTD (UINT64_C(1) << 0) /* some section is compressed with zstd */
#define PYB_INCOMPAT_KNOWN PYB_INCOMPAT_ZSTD
#define PYB_COMPAT_KNOWN UINT64_C(0)

/* How staleness of a source is noticed (header.check). */
enum pyb_check {
	PYB_CHECK_SOURCE = 0,    /* mtime and size of each file when it is imported */
	PYB_CHECK_DIRECTORY = 1, /* mtime of each folder once a process */
	PYB_CHECK_NEVER = 2,     /* not at all */
	PYB_CHECK_HASH = 3,      /* the contents of each file when it is imported */
};

/* What the payloads are (header.payload). */
enum pyb_payload {
	PYB_PAYLOAD_MARSHAL = 0, /* marshal streams, one for each module */
	PYB_PAYLOAD_IMAGE = 1,   /* objects of the interpreter as they lie in memory */
};

enum pyb_section_type {
	PYB_SECTION_NONE = 0,        /* an unused entry of the table; all its fields are zero */
	PYB_SECTION_STRINGS = 1,     /* bytes that records point into */
	PYB_SECTION_MODULES = 2,     /* struct pyb_module[] */
	PYB_SECTION_INDEX = 3,       /* uint32_t[]: hash table from module name to record */
	PYB_SECTION_DIRECTORIES = 4, /* struct pyb_directory[], sorted by path */
	PYB_SECTION_SHADOWS = 5,     /* struct pyb_shadow[], sorted */
	PYB_SECTION_STARTUP = 6,     /* code of the startup modules, in the order of their import */
	PYB_SECTION_DEMAND = 7,      /* code of all other modules, in the order of their records */
	PYB_SECTION_HOT = 8,         /* payload image: objects that every start touches */
	PYB_SECTION_COLD = 9,        /* payload image: all other objects */
	PYB_SECTION_IMAGE = 10,      /* payload image: struct pyb_image and its tables */
	PYB_SECTION_RELOCATIONS = 11, /* payload image: uint32_t[], slots: where pointers lie */
	PYB_SECTION_REGEXES = 12,     /* compiled regular expressions */
	PYB_SECTION_GENERATED = 13,   /* compiled code of sources that module bodies generate */
	PYB_SECTION_SITE = 14,        /* what the interpreter's start computes, and from what */
	PYB_SECTION_REBUILD = 15,     /* payload image: marshal streams for the next build */
	PYB_SECTION_ARCHIVE = 16,     /* what a Python without pystart runs; ends the file */
	PYB_SECTION_HARMLESS = 17,    /* names of modules, for policy exit; a NUL behind each */
	PYB_SECTION_METADATA = 18,    /* what was made of the metadata of distributions */
	PYB_SECTION_FROZEN = 19,   /* payload image: names of frozen modules; a NUL behind each */
	PYB_SECTION_SNAPSHOT = 20, /* struct pyb_snapshot (snapshot_format.h) and its tables */
	PYB_SECTION_PAGES = 21,    /* memory of the process that the snapshot is of */
	PYB_SECTION_NO_SNAPSHOT =
		22, /* for people: why there is none, or not what was wanted; at most PYB_NO_SNAPSHOT_MAX bytes */
	PYB_SECTION_TYPE_COUNT
};

/*
 * Flags of a section. A reader refuses unknown bits of the lower half, which change how the section is
 * to be read, as unsupported; it ignores those of the upper half, and all flags of an optional section
 * of which it does not know the type.
 */
#define PYB_SECTION_FLAG_ZSTD UINT32_C(1) /* stored as one zstd frame; STARTUP and DEMAND only */
#define PYB_SECTION_FLAG_REQUIRED UINT32_C(2) /* who does not know the type cannot use the bundle */
#define PYB_SECTION_FLAGS_KNOWN (PYB_SECTION_FLAG_ZSTD | PYB_SECTION_FLAG_REQUIRED)
#define PYB_SECTION_FLAGS_IGNORED UINT32_C(0xffff0000)

/* Where a string of the header lies: a range of the header page. size 0: there is none. */
struct pyb_slice {
	uint32_t offset; /* from the start of the file; a NUL follows the string */
	uint32_t size;   /* bytes, without the NUL */
};

struct pyb_section {
	uint32_t type;        /* enum pyb_section_type, each at most once; or another version's */
	uint32_t flags;       /* PYB_SECTION_FLAG_* */
	uint64_t offset;      /* from the start of the file; a multiple of PYB_PAGE_SIZE */
	uint64_t stored_size; /* bytes in the file */
	uint64_t size;        /* bytes after decompression; equals stored_size if not compressed */
	uint64_t checksum;    /* XXH3-64 of the stored bytes */
	uint64_t reserved;    /* zero */
};

/* A GNU build id (NT_GNU_BUILD_ID). size 0: the object has none. */
struct pyb_build_id {
	uint8_t size;                    /* 0 to PYB_BUILD_ID_MAX */
	uint8_t bytes[PYB_BUILD_ID_MAX]; /* bytes behind `size` are zero */
};

/* Which interpreter the payloads fit. */
struct pyb_fingerprint {
	uint32_t version;               /* sys.hexversion */
	uint32_t bytecode_magic;        /* importlib.util.MAGIC_NUMBER, as a little-endian number */
	uint32_t marshal_version;       /* marshal.version */
	uint32_t reserved;              /* zero */
	char implementation[16];        /* sys.implementation.name, "cpython"; NUL-padded */
	char soabi[64];                 /* sysconfig SOABI, as in the suffix of extension modules */
	char cache_tag[32];             /* sys.implementation.cache_tag */
	struct pyb_build_id executable; /* of the program file */
	struct pyb_build_id
		libpython; /* of libpython, or of the program if that holds the interpreter itself */
};

struct pyb_header {
	uint8_t magic[PYB_MAGIC_SIZE];
	uint32_t format_version; /* PYB_FORMAT_VERSION */
	uint32_t header_size;    /* PYB_PAGE_SIZE */
	uint64_t checksum;       /* XXH3-64 of the header page with this field as zero */
	uint64_t file_size;      /* bytes of the whole file */
	uint64_t compat;         /* feature bits that a reader may ignore */
	uint64_t incompat;       /* feature bits that a reader must know */
	uint8_t content_id
		[16]; /* XXH3-128 (canonical, big-endian) of everything behind the header */
	struct pyb_fingerprint fingerprint;
	uint8_t check;    /* enum pyb_check */
	uint8_t payload;  /* enum pyb_payload */
	uint8_t optimize; /* 0 to 2: the -O level of the code */
	uint8_t section_count;
	uint32_t policies;     /* enum pyb_policy (policy.h), or-ed */
	struct pyb_slice name; /* of the bundle; never empty */
	struct pyb_slice
		interpreter;        /* absolute path of the program file, as it is to be started */
	struct pyb_slice entry;     /* entry point as in the manifest, or none */
	struct pyb_slice bootstrap; /* "module:function", or none */
	struct pyb_slice producer;  /* name and version of the program that wrote the file */
	struct pyb_section sections[PYB_SECTION_MAX];
	uint8_t strings[]; /* up to the end of the page; unused bytes are zero */
};

enum pyb_module_kind {
	PYB_MODULE_SOURCE = 1,    /* found as a .py file; has code */
	PYB_MODULE_EXTENSION = 2, /* found as a shared object; has no code */
	PYB_MODULE_ABSENT = 3,    /* searched for and not found when the bundle was made */
};

#define PYB_MODULE_FLAG_PACKAGE UINT8_C(1)
#define PYB_MODULE_FLAG_STARTUP UINT8_C(2) /* code is in STARTUP, else in DEMAND */
/* Its .pyc file is a hash-based one that Python compares with the source, whatever the times say. */
#define PYB_MODULE_FLAG_HASHED UINT8_C(4)
/* Python takes its hash-based .pyc file without a look at the source; so does the bundle. */
#define PYB_MODULE_FLAG_FROM_CACHED UINT8_C(8)

/* It is in `directory` whatever the search path says: the program changes that before it imports. */
#define PYB_MODULE_FLAG_PLACED UINT8_C(16)

/* The file at `origin` is a symbolic link: it can lead elsewhere while its folder stays as it is. */
#define PYB_MODULE_FLAG_LINKED UINT8_C(32)

/* Strings are ranges of STRINGS. */
struct pyb_module {
	uint32_t name_offset; /* full dotted name; unique in the bundle; never empty */
	uint32_t name_size;
	uint32_t origin_offset; /* file it was found as: spec.origin; empty if ABSENT */
	uint32_t origin_size;
	uint32_t cached_offset; /* spec.cached; empty if there is none */
	uint32_t cached_size;
	uint32_t directory; /* path entry it was found in; ABSENT: its parent's folder or NONE */
	uint32_t package_directory; /* the package's own folder (its __path__), else NONE */
	uint32_t parent;            /* record of the parent package, else NONE */
	uint8_t kind;               /* enum pyb_module_kind */
	uint8_t flags;              /* PYB_MODULE_FLAG_* */
	uint16_t reserved;          /* zero */
	/* Of the file at `origin`, with FROM_CACHED of that at `cached`; all 0 if ABSENT: */
	int64_t mtime_ns;       /* modification time, in nanoseconds since 1970 */
	uint64_t file_size;     /* bytes */
	uint64_t source_hash;   /* pyb_source_hash() of its contents; 0 unless SOURCE */
	uint64_t code_offset;   /* in the section after decompression; a multiple of 16 */
	uint64_t code_size;     /* bytes; 0 unless SOURCE */
	uint64_t code_checksum; /* XXH3-64 of these bytes */
	uint64_t name_hash;     /* XXH3-64 of the name */
};

#define PYB_DIRECTORY_FLAG_MISSING UINT32_C(1)  /* did not exist when the bundle was made */
#define PYB_DIRECTORY_FLAG_UNLISTED UINT32_C(2) /* is no folder, or could not be listed */
#define PYB_DIRECTORY_FLAG_ALL UINT32_C(3)

struct pyb_directory {
	uint32_t path_offset; /* absolute path, in STRINGS; unique */
	uint32_t path_size;
	int64_t mtime_ns;  /* 0 if MISSING, like the next three */
	int64_t ctime_ns;  /* time of the last change of its inode, which nobody can set */
	uint64_t inode;    /* 0: unknown, as is ctime_ns; then the folder is to be listed */
	uint64_t entries;  /* digest of the names in it that can be modules; 0 if UNLISTED */
	uint32_t sys_path; /* 1 + position on sys.path at build time; 0: not on it */
	uint32_t package;  /* record of the package whose folder it is, else NONE */
	uint32_t flags;    /* PYB_DIRECTORY_FLAG_* */
	uint32_t root;     /* 1 + position among the folders searched before sys.path; 0: none */
};

/*
 * A folder that holds a candidate, by the last component of its name, for a module which was found
 * elsewhere or not at all. Without such a record an unchanged folder has no candidate for it. For a
 * module that was found in this very folder: something there comes before it, and was no file.
 */
struct pyb_shadow {
	uint32_t directory;
	uint32_t module;
};

/*
 * The image: objects of the interpreter as they lie in memory, with absolute addresses for a memory
 * area that begins at `base`. HOT lies at its beginning, COLD at base + hot_span.
 *
 * A position is an offset from `base` in units of 8 bytes. A slot is the position of a pointer, which
 * leads to an object of the image (then it is an internal relocation) or of the interpreter (then it is
 * an external one).
 *
 * A group is a set of objects that refer to each other, and to those of group 0, only. Group 0 is
 * that of the startup modules; each other module with code has a group of its own, in the order of
 * the module records.
 */
enum {
	PYB_IMAGE_UNIT = 8,
	PYB_IMAGE_HUGE_PAGE = 2 << 20, /* base and hot_span are multiples of it */
};
/* What writers take as base: importer/launcher/ADDRESSES.md tells who takes what. */
#if defined(__aarch64__)
#define PYB_IMAGE_BASE UINT64_C(0x5000000000)
#else
#define PYB_IMAGE_BASE UINT64_C(0x550000000000)
#endif

/* Consecutive elements of an array. */
struct pyb_image_range {
	uint32_t first;
	uint32_t count;
};

/* At the start of IMAGE; the arrays follow it in the order of their counts, without gaps. */
struct pyb_image {
	uint64_t checksum;     /* XXH3-64 of what follows it up to the static strings */
	uint64_t struct_abi;   /* identifies the structures of the interpreter that were laid out */
	uint64_t base;         /* preferred address of the image */
	uint64_t hot_span;     /* bytes from the start of HOT to that of COLD */
	uint64_t type_anchor;  /* address of PyType_Type in the interpreter that the image is of */
	uint32_t module_count; /* struct pyb_image_module[]: module records, then FROZEN */
	uint32_t group_count;  /* struct pyb_image_group[] */
	uint32_t frozenset_count; /* struct pyb_image_frozenset[] */
	uint32_t static_count;    /* struct pyb_image_static[] */
	uint32_t interned_count;  /* struct pyb_image_interned[] */
	uint32_t reserved;        /* zero */
};

struct pyb_image_module {
	uint32_t code;  /* position of the code object; 0 if it has none */
	uint32_t group; /* PYB_NONE if it has no code */
	struct pyb_image_range frozensets;
};

struct pyb_image_group {
	struct pyb_image_range internal; /* of its relocations: pointers to objects of the image */
	struct pyb_image_range
		external; /* of its relocations: pointers to objects of the interpreter */
	struct pyb_image_range interned;    /* of the interned strings */
	struct pyb_image_range statics;     /* of the static strings */
	struct pyb_image_range relocations; /* of RELOCATIONS: all that are the group's */
	struct pyb_image_range cold;        /* of COLD, in units of 8 bytes: its objects there */
	uint64_t checksum;      /* XXH3-64 of its static strings, xor that of its interned ones */
	uint64_t cold_checksum; /* XXH3-64 of its part of COLD, xor that of its relocations */
};

/* A string that the interpreter interns. */
struct pyb_image_interned {
	uint32_t string; /* position of the string object */
	struct pyb_image_range
		slots; /* of RELOCATIONS: all of the group's to it, in `internal` too */
};

/*
 * A static string of the interpreter, which has interned it before it asks for the first module, and
 * where it was when the image was made. The slots hold that address, and are in `external` too.
 * `string` is a copy in the image, to compare with.
 */
struct pyb_image_static {
	uint64_t address;
	uint32_t string;
	struct pyb_image_range slots;
	uint32_t reserved; /* zero */
};

/* A frozenset, whose layout depends on the hash seed. It is made before its module is executed. */
struct pyb_image_frozenset {
	uint32_t slot; /* of the one pointer to it, which is 0 */
	uint32_t
		elements; /* position of a tuple with the elements, in the order of their insertion */
};

/*
 * A memo: what was compiled when the bundle was made, by the text that it was compiled from. REGEXES
 * and GENERATED begin with this head; slots, entries and data follow without gaps. A text hashes to
 * a slot as a module's name does in INDEX.
 */
struct pyb_memo {
	uint64_t checksum;    /* XXH3-64 of what follows it up to the data */
	uint32_t tag;         /* REGEXES: _sre.MAGIC; else 0 */
	uint32_t entry_count; /* struct pyb_memo_entry[] */
	uint32_t slot_count;  /* uint32_t[]: 1 + the number of an entry, or 0; a power of two */
	uint32_t text_max;    /* bytes of the longest text */
};

enum { PYB_MEMO_UNIT = 8 };

/* The data are those of the entries in their order, each with zero bytes up to a multiple of 8. */
struct pyb_memo_entry {
	uint64_t hash;       /* XXH3-64 of the text, xor XXH3-64 of the name */
	uint64_t qualifier;  /* what else decided about the value */
	uint64_t checksum;   /* XXH3-64 of the value */
	uint32_t offset;     /* of the value in the data; the text follows it, and the name that */
	uint32_t value_size; /* bytes; the same for the other two */
	uint32_t text_size;
	uint32_t name_size; /* but for GENERATED: 0 */
};

/*
 * REGEXES: the text is the pattern; bytes, or a string in units of 1, 2 or 4 bytes, the smallest that
 * hold its characters. The qualifier has the unit, 0 for bytes, and the flags that were given.
 */
#define PYB_REGEX_QUALIFIER(unit, flags) ((uint64_t)(flags) << 32 | (uint64_t)(unit))

/* The value: this, then the code words, the names, and their texts. */
struct pyb_regex {
	uint32_t flags; /* of the pattern object */
	uint32_t groups;
	uint32_t code_count; /* uint32_t[] */
	uint32_t
		name_count; /* struct pyb_regex_name[], in the order of the dictionary groupindex */
};

struct pyb_regex_name {
	uint32_t group; /* 1 to groups */
	uint32_t size;  /* bytes of its text, UTF-8; not empty */
};

/*
 * GENERATED: the text is the source, the name its file name, both UTF-8; the value is a marshal
 * stream. The qualifier has the mode and the flags, those of __future__ only.
 */
enum pyb_source_mode {
	PYB_SOURCE_EXEC = 0,
	PYB_SOURCE_EVAL = 1,
	PYB_SOURCE_SINGLE = 2,
};
#define PYB_GENERATED_QUALIFIER(mode, flags) ((uint64_t)(flags) << 32 | (uint64_t)(mode))

/*
 * SITE: the text is the path of a folder as sys.path has it, the value this and the names of the
 * .pth files in it, each with a NUL behind it, in the order in which the folder was read.
 */
struct pyb_site {
	uint32_t name_count;
};

/*
 * METADATA: what pkg_resources makes of the metadata of installed distributions. The qualifier says what
 * the value is.
 */
enum pyb_metadata_kind {
	/*
	 * The text is the name of a module. The value is what the other values depend on in the
	 * interpreter: for each the name of a module, an attribute of it or of a class in it, and a
	 * label of what that was. Each of the PYB_WITNESS_PARTS texts has a NUL behind it.
	 */
	PYB_METADATA_WITNESSES = 0,
	/* The text is the path of the metadata; the value the files and items of a description. */
	PYB_METADATA_DISTRIBUTION = 1,
};

enum { PYB_WITNESS_PARTS = 3 };

/* What stat() says about a file. All is zero if there is none. */
struct pyb_file_facts {
	uint64_t inode;
	int64_t mtime_ns;
	int64_t ctime_ns;
	uint64_t size;
};

/*
 * The value: these for the path and for the file PKG-INFO in it, then items, each with a NUL behind
 * it. The first letter says what an item is: the object is an OBJECT, then an ATTRIBUTE and its value,
 * for each that it has, and an END. A value is an object, or one of the others.
 */
enum {
	PYB_DISTRIBUTION_FILES = 2,
	PYB_DISTRIBUTION_TEXTS = 32, /* at most; all of TEXT */
	PYB_ITEM_OBJECT = 'o',       /* the name of its class */
	PYB_ITEM_ATTRIBUTE = 'k',    /* its name */
	PYB_ITEM_END = 'e',
	PYB_ITEM_TEXT = 's',   /* UTF-8 */
	PYB_ITEM_NUMBER = 'i', /* decimal, up to nine digits, perhaps with a minus sign */
	PYB_ITEM_NONE = 'n',
	PYB_ITEM_PATH = 'p', /* the very string that the path was given as */
	PYB_ITEM_SAME = 'r', /* the very string of an earlier TEXT, by its number from 0 on */
};

_Static_assert(sizeof(struct pyb_file_facts) == 32, "on-disk size");

_Static_assert(sizeof(struct pyb_memo) == 24, "on-disk size");
_Static_assert(sizeof(struct pyb_memo_entry) == 40, "on-disk size");
_Static_assert(sizeof(struct pyb_regex) == 16, "on-disk size");
_Static_assert(sizeof(struct pyb_regex_name) == 8, "on-disk size");
_Static_assert(sizeof(struct pyb_image) == 64, "on-disk size");
_Static_assert(sizeof(struct pyb_image_module) == 16, "on-disk size");
_Static_assert(sizeof(struct pyb_image_group) == 64, "on-disk size");
_Static_assert(sizeof(struct pyb_image_interned) == 12, "on-disk size");
_Static_assert(sizeof(struct pyb_image_static) == 24, "on-disk size");
_Static_assert(sizeof(struct pyb_image_frozenset) == 8, "on-disk size");
_Static_assert(sizeof(struct pyb_slice) == 8, "on-disk size");
_Static_assert(sizeof(struct pyb_section) == 48, "on-disk size");
_Static_assert(sizeof(struct pyb_build_id) == 32, "on-disk size");
_Static_assert(sizeof(struct pyb_fingerprint) == 192, "on-disk size");
_Static_assert(sizeof(struct pyb_module) == 96, "on-disk size");
_Static_assert(sizeof(struct pyb_directory) == 56, "on-disk size");
_Static_assert(sizeof(struct pyb_shadow) == 8, "on-disk size");
_Static_assert(offsetof(struct pyb_header, checksum) == 16, "on-disk offset");
_Static_assert(offsetof(struct pyb_header, fingerprint) == 64, "on-disk offset");
_Static_assert(offsetof(struct pyb_header, check) == 256, "on-disk offset");
_Static_assert(offsetof(struct pyb_header, name) == 264, "on-disk offset");
_Static_assert(offsetof(struct pyb_header, sections) == 304, "on-disk offset");
_Static_assert(offsetof(struct pyb_header, strings) == 1456, "on-disk offset");
_Static_assert(PYB_SECTION_TYPE_COUNT - 1 <= PYB_SECTION_MAX, "a bundle can have one of each type");

#endif
