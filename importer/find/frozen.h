/* SPDX-License-Identifier: MIT */
/*
 * Ready-made code for the modules that are frozen into the interpreter, which from 3.13 on unmarshals
 * them at each start: os, site, codecs and others. They are found as ever; only _imp.get_frozen_object(),
 * which stays the object that it is, calls ours.
 */
#ifndef IMPORTER_FIND_FROZEN_H
#define IMPORTER_FIND_FROZEN_H

/*
 * Called when importlib's first part is there, for its second part is such a module: stand in for the
 * function if the bundle has such code and no program runs. Needs stock_importlib.imp_dict.
 */
void frozen_init(void);

#endif
