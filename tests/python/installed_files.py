# SPDX-License-Identifier: MIT
"""What the tests of search paths share: programs that tell what they find, and folders to find it in."""

import os
import sysconfig

TELL = """
import sys, os
import json, argparse
print(sys.path, sys.prefix, sys.exec_prefix, sys.base_prefix, sys.executable, sys.flags)
print(json.__spec__, [getattr(f, "__name__", type(f)) for f in sys.meta_path])
for name in ("sitecustomize", "usercustomize", "pathmodule", "in_user_site", "plain", "editable"):
    try:
        module = __import__(name)
        print(name, module.__spec__, getattr(module, "VALUE", None))
    except ImportError as error:
        print(repr(error))
print(list(sys.modules))
"""
OLD = 1_600_000_000


def age(folder):
    """As if installed long ago: folders as well, so that a later change shows in any case."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (OLD, OLD))


def write_package(sandbox, name, files):
    for path, text in files.items():
        sandbox.write(f"{name}/{path}", text)


def user_site(sandbox, base):
    version = f"python{sysconfig.get_python_version()}"
    return sandbox.path / base / "lib" / version / "site-packages"
