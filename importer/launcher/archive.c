/* SPDX-License-Identifier: MIT */
/*
 * The zip archive in the launcher, for a Python that is told to run it: see archive_main.py. It is no
 * part of what the kernel maps.
 */
__asm__(".pushsection .zip, \"\", %progbits\n"
	".incbin \"importer/launcher/archive.zip\"\n"
	".popsection\n");
