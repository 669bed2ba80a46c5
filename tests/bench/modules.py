# SPDX-License-Identifier: MIT
"""Generated packages for --scaling: the same text whenever they are made.

Each package has 100 modules, as real ones look: a docstring, constants, tables, functions and
classes. Some names of modules are in every package, most are in few. main.py uses the first 10
modules of each of the first 10 packages.
"""

import random

PACKAGES = 100
MODULES = 100  # of each package
USED_PACKAGES = 10
USED_MODULES = 10  # of each of these
COMMON = ("base", "errors", "utils")  # modules that every package has
WORDS = ("account archive balance buffer channel client column config cursor depth digest entry "
         "field filter folder group header index invoice label layer ledger limit marker message "
         "number offset order parcel policy price queue record region report result route sample "
         "schema section segment session shape signal source status stream table target ticket "
         "token total value vector version window worker").split()


def function(chance, number, indent="", first=""):
    words = chance.sample(WORDS, 6)
    subject, other, third = words[:3]
    step, limit = chance.randrange(2, 9), chance.randrange(10, 5000)
    lines = [f'def {words[3]}_{words[4]}_{number}({first}{subject}, {other}={limit}, *{third}):',
             f'    """Collect each {subject} up to the {other}, then add every {third}."""',
             f'    {words[5]} = []',
             f'    for position, item in enumerate({subject}):',
             f'        if position % {step} == 0 and len({words[5]}) < {other}:',
             f'            {words[5]}.append(item)',
             f'        elif position > {other}:',
             f'            raise ValueError(f"{subject} {{position}} is beyond {{{other}}}")',
             f'    return {words[5]} + [{third}_item for {third}_item in {third}]', ""]
    return [indent + line if line else line for line in lines]


def klass(chance, number):
    name, attribute, key = chance.sample(WORDS, 3)
    lines = [f"class {name.title()}{number}:",
             f'    """A {name} with its {attribute}."""', "",
             f"    limit = {chance.randrange(100000)}", "",
             f"    def __init__(self, {attribute}, {key}=None):",
             f"        self.{attribute} = {attribute}",
             f"        self.{key} = {key} or {{}}", "",
             "    @property",
             f"    def {attribute}_{key}(self):",
             f"        return self.{attribute}, self.{key}.get('{attribute}', self.limit)", "",
             "    def __repr__(self):",
             f"        return f'<{name} {{self.{attribute}!r}}>'", ""]
    for method in range(3):
        lines += function(chance, method, "    ", "self, ")
    return lines


def module(package, number):
    chance = random.Random(package * MODULES + number)
    names = [word.upper() for word in chance.sample(WORDS, 4)]
    lines = [f'"""Module {number} of package {package}: all about {chance.choice(WORDS)}."""', ""]
    lines += [f"{name} = {chance.randrange(10**6)}" for name in names[:2]]
    lines += [f"{names[2]} = {tuple(chance.sample(WORDS, 8))!r}", f"{names[3]} = {{"]
    lines += [f"    {word!r}: ({chance.randrange(1000)}, {chance.random():.6f}),"
              for word in chance.sample(WORDS, 6)]
    lines += ["}", "", ""]
    for index in range(2):
        lines += klass(chance, index)
    for index in range(4):
        lines += function(chance, index)
    return "\n".join(lines) + f"\ndef check():\n    return len({names[3]})\n"


def names_in(package):
    """The names of the package and of its modules."""
    chance = random.Random(-1 - package)
    found = dict.fromkeys(COMMON)
    while len(found) < MODULES - 1:
        found["_".join(chance.sample(WORDS, 2))] = None
    name = f"part{package:02}"
    return [name, *(f"{name}.{module}" for module in found)]


def names(packages, modules):
    """Those of so many packages, and of so many modules of each."""
    return [name for package in range(packages) for name in names_in(package)[:modules]]


def write_package(folder, package):
    name, *below = names_in(package)
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    (path / "__init__.py").write_text(module(package, 0))
    for number, full_name in enumerate(below, 1):
        (path / f"{full_name.partition('.')[2]}.py").write_text(module(package, number))


def write_tree(folder):
    """Write all packages, and the program that uses some of them; its path."""
    for package in range(PACKAGES):
        write_package(folder, package)
    used = names(USED_PACKAGES, USED_MODULES)
    total = " + ".join(f"{name}.check()" for name in used)
    program = folder / "main.py"
    program.write_text("".join(f"import {name}\n" for name in used) + f"print({total})\n")
    return program
