# SPDX-License-Identifier: MIT
"""Whether pystart can be built for this interpreter. configure runs it under the one in question:

    PYTHON -E -s interpreter.py SOURCES PREFIX

It prints what configure needs to know, a variable a line, or `reason=` and why it does not fit. Any
Python 3 has to understand this text.
"""

import os
import re
import site
import sys
import sysconfig

# In paths, makefiles and C strings take these and what is not ASCII as they are. A colon is none of them:
# the compiler writes down on which headers an object depends, as rules.
PLAIN = re.compile("[-+.,/~@%=A-Za-z0-9_\u0080-\U0010ffff]*")


def header_folders():
    return list(dict.fromkeys(sysconfig.get_path(name) for name in ("include", "platinclude")))


def site_folder(prefix):
    """
    Where below the prefix it looks for extension modules: a site folder that lies there is on sys.path
    already; else the usual name. With the prefix /usr, what is below /usr/local is not meant.
    """
    known = [os.path.relpath(path, os.path.normpath(prefix)) for path in site.getsitepackages()]
    usual = "lib/python%d.%d/site-packages" % sys.version_info[:2]
    return next((path for path in known if not path.startswith(("..", "local/"))), usual)


def plain_path(path):
    """Without the dots of a path that was given as ../python3; links to interpreters stay."""
    folder, name = os.path.split(path)
    has_dots = not {".", ".."}.isdisjoint(folder.split("/"))
    return os.path.join(os.path.realpath(folder), name) if has_dots else path


def build_of(program):
    """What tells this build of the interpreter from one that was installed over it."""
    status = os.stat(program)
    return "%s/%d/%d" % (sys.version.split()[0], status.st_size, status.st_mtime)


def find_reason(sources):
    """Why it does not fit; None if it does."""
    if sys.implementation.name != "cpython" or sys.version_info < (3, 11):
        return "it is not CPython 3.11 or newer"
    header = "importer/cpython/v%d_%d.h" % sys.version_info[:2]
    if not os.path.exists(os.path.join(sources, header)):
        return ("CPython %d.%d is not known yet: %s is missing (importer/cpython/VERSIONS.md says "
                "what it takes)" % (sys.version_info[:2] + (header,)))
    if (3, 14) <= sys.version_info[:3] < (3, 14, 5):
        return "it has the incremental collector of 3.14.0 to 3.14.4, which the importer does not know"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "it is a free-threaded build, which the importer does not know"
    if hasattr(sys, "gettotalrefcount"):
        return "it is a debug build, which the importer does not know"
    if not sysconfig.get_config_var("SOABI"):
        return "it has no SOABI; extension modules could not be told apart"
    if not PLAIN.fullmatch(sys.executable + "".join(header_folders())):
        return "its path has a blank or another character that makefiles treat specially"
    return None


def main():
    sources, prefix = sys.argv[1:]
    reason = find_reason(sources)
    if reason:
        print("reason=" + reason)
        return
    # What a virtual environment was made of; itself if it is none.
    base = getattr(sys, "_base_executable", "") or sys.executable
    print("path=" + plain_path(sys.executable))
    print("base=" + plain_path(base))
    print("real=" + os.path.realpath(base))
    print("branch=%d.%d" % sys.version_info[:2])
    print("version=" + sys.version.split()[0].rstrip("+"))
    print("build=" + build_of(os.path.realpath(base)))
    print("hexversion=0x%08x" % sys.hexversion)
    print("soabi=" + sysconfig.get_config_var("SOABI"))
    print("cppflags=" + " ".join("-I" + folder for folder in header_folders()))
    print("site=" + site_folder(prefix))


if __name__ == "__main__":
    main()
