/* SPDX-License-Identifier: MIT */
/*
 * Ready-made code for the modules that are frozen into the interpreter, which from 3.13 on unmarshals
 * them at each start: os, site, codecs and others. They are found as ever; only _imp.get_frozen_object(),
 * which stays the object that it is, calls ours.
 */
#ifndef IMPORTER_FIND_FROZEN_H
#define IMPORTER_FIND_FROZEN_H

/* Called when the importer is ready: stand in for it if the bundle has such code and no program runs. */
void frozen_init(void);

#endif
