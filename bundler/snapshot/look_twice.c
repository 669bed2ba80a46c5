/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/look_twice.h"

#include "bundler/snapshot/compare_builds.h"

struct looking {
	const struct dump_plan *plan;
	struct facts *facts;
	struct pyb_error *error;
};

static enum pyb_status look(const struct looking *looking, enum pair_member member,
			    struct dump_process *process)
{
	const enum pyb_status status =
		dump_process_look(looking->plan, member, process, looking->error);

	facts_release(looking->facts);
	*looking->facts = process->facts;
	process->facts = (struct facts){0};
	return status;
}

static enum pyb_status look_alone(const struct looking *looking)
{
	struct dump_process process;
	const enum pyb_status status = look(looking, PAIR_NONE, &process);

	dump_process_release(&process);
	return status;
}

static enum pyb_status compare(const struct dump_process *first, const struct dump_process *second,
			       struct pyb_error *error)
{
	struct snapshot one, other;
	const struct built before = {first->id, &one, &first->pages};
	const struct built after = {second->id, &other, &second->pages};
	enum pyb_status status = dump_process_open(first, &one, error);

	if (status == PYB_OK)
		status = dump_process_open(second, &other, error);
	return status == PYB_OK ? compare_builds(&before, &after, error) : status;
}

static enum pyb_status look_at_both(const struct looking *looking)
{
	struct dump_process first, second = {0};
	enum pyb_status status = look(looking, PAIR_FIRST, &first);

	if (status == PYB_OK)
		status = look(looking, PAIR_SECOND, &second);
	if (status == PYB_OK)
		status = compare(&first, &second, looking->error);
	dump_process_release(&first);
	dump_process_release(&second);
	return status;
}

/*
 * The first start after a change may write what later ones find, such as files of bytecode. What differs by
 * chance, as when the numbers of two processes are not of one length, does so once.
 */
static bool is_worth_another(enum pyb_status status, int tried)
{
	enum { LOOKS = 2, PAIRS = 3 };

	if (status == PYB_ERR_MISMATCH)
		return tried < PAIRS;
	return (status == PYB_ERR_UNSUPPORTED || status == PYB_ERR_AGAIN) && tried < LOOKS;
}

enum pyb_status look_twice(const struct dump_plan *plan, struct facts *facts, bool *is_compared,
			   struct pyb_error *error)
{
	const struct looking looking = {plan, facts, error};
	enum pyb_status status;
	int tried = 0;

	*is_compared = spawn_can_fix();
	do {
		*error = (struct pyb_error){0};
		status = *is_compared ? look_at_both(&looking) : look_alone(&looking);
	} while (is_worth_another(status, ++tried));
	return status == PYB_ERR_MISMATCH ? error->status = PYB_ERR_UNSUPPORTED : status;
}
