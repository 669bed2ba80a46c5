# SPDX-License-Identifier: MIT
# The importer, the imager and the standard bundle of one further interpreter (GNU make). The makefile
# calls this for each of FURTHER_PYTHONS:
#
#	make -f importer/further.mk NAME=3.13 one
#
# All settings, flags and lists of sources are the makefile's, but for what configure found out about
# this interpreter. What is built lies in python3.13/, and is installed in lib/pystart/3.13/.
include Makefile

PYTHON = $(python_$(NAME))
PYTHON_SOABI = $(soabi_$(NAME))
PYTHON_CPPFLAGS = $(cppflags_$(NAME))
pyexecdir = $(exec_prefix)/$(site_$(NAME))

folder = python$(NAME)
importer = $(folder)/pystart.$(PYTHON_SOABI).so
imager = $(folder)/pystart_imager.$(PYTHON_SOABI).so
variables = $(folder)/pystart_variables.$(PYTHON_SOABI).so
ifneq ($(STARTUP_BUNDLE),)
bundle = $(folder)/startup.pyb
endif

one: $(importer) $(imager) $(variables) $(bundle)

# --- objects: python3.13/pystart/lib/error.lo of lib/error.c

objects_of = $(patsubst %.c,$(folder)/$(1)/%.lo,$(filter %.c,$(2)))
importer_objects = $(call objects_of,pystart,$(IMPORTER_SOURCES))
imager_objects = $(call objects_of,pystart_imager,$(IMAGER_SOURCES))
variables_objects = $(call objects_of,pystart_variables,$(VARIABLES_SOURCES))

compile = $(AM_V_CC)$(MKDIR_P) $(@D) && $(LIBTOOL) $(AM_V_lt) --tag=CC --mode=compile $(CC) $(DEFS) \
	$(DEFAULT_INCLUDES) $(importer_$(1)_la_CPPFLAGS) $(CPPFLAGS) $(2) $(CFLAGS) \
	-MD -MP -MF $(@:.lo=.d) -MT $@ -c -o $@ $<

$(folder)/pystart/%.lo: $(srcdir)/%.c
	$(call compile,pystart,$(AM_CFLAGS))

$(folder)/pystart_imager/%.lo: $(srcdir)/%.c
	$(call compile,pystart_imager,$(importer_pystart_imager_la_CFLAGS))

$(folder)/pystart_variables/%.lo: $(srcdir)/%.c
	$(call compile,pystart_variables,$(importer_pystart_variables_la_CFLAGS))

$(importer_objects) $(imager_objects) $(variables_objects) $(folder)/startup.pyb: settings.stamp

# --- modules, which are copied for the sake of their names, as the default interpreter's are

$(folder)/pystart.la: $(importer_objects) lib/libpyb.la
	$(AM_V_CCLD)$(importer_pystart_la_LINK) $^ $(LIBS)

$(folder)/pystart_imager.la: $(imager_objects)
	$(AM_V_CCLD)$(importer_pystart_imager_la_LINK) $^ $(LIBS)

$(folder)/pystart_variables.la: $(variables_objects)
	$(AM_V_CCLD)$(importer_pystart_variables_la_LINK) $^ $(LIBS)

$(importer): $(folder)/pystart.la
	$(AM_V_GEN)cp $(folder)/.libs/pystart.so $@.tmp && mv $@.tmp $@

$(imager): $(folder)/pystart_imager.la
	$(AM_V_GEN)cp $(folder)/.libs/pystart_imager.so $@.tmp && mv $@.tmp $@

$(variables): $(folder)/pystart_variables.la
	$(AM_V_GEN)cp $(folder)/.libs/pystart_variables.so $@.tmp && mv $@.tmp $@

$(folder)/startup.pyb: $(DEFAULT_MANIFEST) $(startup_scripts) bundler/pybundle$(EXEEXT) $(imager)
	$(AM_V_GEN)PYSTART_LIBDIR=$(folder) $(SHELL) '$(srcdir)/lib/startup.sh' bundler/pybundle \
		'$(PYTHON)' '$(srcdir)' $(DEFAULT_MANIFEST) $(folder)

-include $(importer_objects:.lo=.d) $(imager_objects:.lo=.d) $(variables_objects:.lo=.d)

# --- installation: a folder of its own, names to call it by, and a link for `import pystart`, unless
# --- an interpreter before this one has a module of the same name

installed = $(DESTDIR)$(pkglibdir)/$(NAME)
ifneq ($(site_$(NAME)),)
link = $(DESTDIR)$(pyexecdir)/$(notdir $(importer))
endif

install-one: one
	$(MKDIR_P) '$(installed)' '$(DESTDIR)$(bindir)'
	$(INSTALL_DATA) $(importer) $(imager) $(variables) $(bundle) '$(installed)'
	$(LN_S) -f pystart '$(DESTDIR)$(bindir)/pystart$(NAME)'
	$(LN_S) -f pybundle '$(DESTDIR)$(bindir)/pybundle$(NAME)'
	$(if $(link),$(MKDIR_P) '$(DESTDIR)$(pyexecdir)')
	$(if $(link),$(LN_S) -f -r '$(installed)/$(notdir $(importer))' '$(link)')

uninstall-one:
	rm -f $(foreach file,$(importer) $(imager) $(variables) startup.pyb,'$(installed)/$(notdir $(file))') \
		'$(DESTDIR)$(bindir)/pystart$(NAME)' '$(DESTDIR)$(bindir)/pybundle$(NAME)' \
		$(if $(link),'$(link)')
	if test -d '$(installed)'; then rmdir '$(installed)'; fi

.PHONY: one install-one uninstall-one
