"""Every module looks as stock makes it: attributes and their order, spec, loader, repr."""

import re
import sys

import argparse
import asyncio
import concurrent.futures
import csv
import ctypes
import decimal
import email.mime.text
import http.client
import json.tool
import logging.handlers
import sqlite3
import support.chain_a
import unittest.mock
import xml.etree.ElementTree


def plain(thing):
    return re.sub(r"0x[0-9a-f]+", "0x...", repr(thing))


def show_spec(spec):
    for name in ("name", "origin", "cached", "has_location", "parent", "loader_state",
                 "submodule_search_locations", "_set_fileattr", "_initializing"):
        print("  spec.%s = %r" % (name, getattr(spec, name, "not there")))
    print("  spec", sorted(vars(spec)), type(spec.submodule_search_locations).__name__)
    loader = spec.loader
    print("  loader", plain(loader), plain(sorted(getattr(loader, "__dict__", {}).items())))


print(list(sys.modules))
for key, module in list(sys.modules.items()):
    print(key, plain(module), type(module).__name__)
    dunder = [name for name in vars(module) if name.startswith("__")]
    print("  keys", list(vars(module))[:12], dunder)
    for name in ("__name__", "__package__", "__file__", "__cached__", "__path__", "__doc__"):
        print("  %s = %r" % (name, vars(module).get(name, "not there")))
    spec = vars(module).get("__spec__")
    if spec is not None:
        print("  same loader", module.__loader__ is spec.loader)
        show_spec(spec)
