/* SPDX-License-Identifier: MIT */
/*
 * The three places of importlib where the importer stands in:
 *  - _frozen_importlib._find_and_load, through which every import statement goes;
 *  - PathFinder._get_spec, for finders and tools that look for specs;
 *  - SourceLoader.get_code, for loaders that are driven by others (lazy loading, runpy).
 * Each serves what the bundle has and passes everything else on to the function it stands in for.
 */
#ifndef IMPORTER_HOOKS_H
#define IMPORTER_HOOKS_H

/*
 * Stand in for _find_and_load; the two others follow when importlib is complete.
 * used_bundle is mapped. Returns 0, or -1 with an exception set and nothing changed.
 */
int hooks_install(void);

#endif
