/* SPDX-License-Identifier: MIT */
/* What the program `asking` can be told to do, in a folder that check_facts has made. */
#ifndef TESTS_UNIT_ASKING_H
#define TESTS_UNIT_ASKING_H

struct act {
	const char *word;
	void (*act)(void);
};

#define ACT(function)                \
	{                            \
#function, function, \
	}

/* With an entry without a word at the end. */
extern const struct act path_acts[], other_acts[], ending_acts[];

/* The path of a name in the folder; static storage. */
const char *in_folder(const char *name);

/* stat(2) of the file. */
void stat_absolute(void);

/* What a call returns is the test's to see, from outside. */
static inline void ignore(long result)
{
	(void)result;
}

#endif
