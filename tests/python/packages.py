# SPDX-License-Identifier: MIT
"""Packages of others, as many of them as are installed: what they do with their own modules,
metadata and resources, and import machinery that they bring along.
"""

import shutil
import subprocess
import sys

import harness

SHOW = """
import importlib, importlib.metadata, importlib.resources, inspect, pkgutil, sys
def show(name, *more):
    for module in map(importlib.import_module, (name, *more)):
        spec = module.__spec__
        print(module, spec, module.__file__, getattr(module, "__path__", None), spec.cached)
        print(type(spec.loader), spec.loader.get_filename(module.__name__),
              len(inspect.getsource(module)), pkgutil.get_loader(module.__name__) is spec.loader)
    path = getattr(sys.modules[name], "__path__", [])
    print(sorted((m.name, m.ispkg) for m in pkgutil.walk_packages(path, name + ".",
                                                                  onerror=print))[:200])
    print(sorted(p.name for p in importlib.resources.files(name).iterdir()
                 if p.name != "__pycache__")[:50])
    print(sorted(n for n in sys.modules if n.startswith(name)))
def entry_points(group):
    for point in sorted(importlib.metadata.entry_points(group=group)):
        try:
            print(point, point.load(), point.dist.version)
        except Exception as error:
            print(point, repr(error))
"""

# The module that must be there, then the program.
PROGRAMS = [
    ("attr", "import attr, attrs\nshow('attr', 'attr._make')\n@attrs.define\nclass A:\n    x: int\n"
             "print(A(1), inspect.signature(A), attrs.asdict(A(2)), inspect.getsource(A.__init__))\n"),
    ("jinja2", "import jinja2\nshow('jinja2', 'jinja2.environment')\n"
               "env = jinja2.Environment(loader=jinja2.PackageLoader('templated'))\n"
               "print(env.get_template('hello.txt').render(name='you'), env.list_templates())\n"
               "try:\n    jinja2.Template('{{ 1 / 0 }}').render()\nexcept ZeroDivisionError:\n"
               "    import traceback; traceback.print_exc()\n"),
    ("click", "import click, click.testing\nshow('click', 'click.core')\n@click.command()\n"
              "@click.option('--n', default=1)\ndef f(n):\n    'Doc.'\n    click.echo(n * 2)\n"
              "r = click.testing.CliRunner()\nprint(r.invoke(f, ['--n', '4']).output)\n"
              "print(r.invoke(f, ['--help']).output, r.invoke(f, ['--x']).output)\n"),
    ("pygments", "import pygments, pygments.lexers, pygments.formatters, pygments.styles\n"
                 "show('pygments', 'pygments.lexers.python')\n"
                 "print(pygments.highlight('x = 1', pygments.lexers.get_lexer_by_name('python'), "
                 "pygments.formatters.get_formatter_by_name('html')))\n"
                 "print(len(list(pygments.lexers.get_all_lexers())), "
                 "sorted(pygments.styles.get_all_styles())[:9])\nentry_points('pygments.lexers')\n"),
    ("sqlalchemy", "import sqlalchemy as s\nshow('sqlalchemy', 'sqlalchemy.engine')\n"
                   "e = s.create_engine('sqlite://')\nwith e.connect() as c:\n"
                   "    print(c.execute(s.text('select 6 * 7')).scalar())\n"
                   "print(s.dialects.registry.load('sqlite'), "
                   "s.dialects.registry.load('postgresql'))\n"),
    ("docutils", "import docutils.core\nshow('docutils', 'docutils.parsers.rst.states')\n"
                 "print(docutils.core.publish_string('Title\\n=====\\n\\n*text* :pep:`8`', "
                 "writer_name='html').decode()[-900:])\n"),
    ("six", "import six, six.moves\nfrom six.moves import urllib, configparser, queue\n"
            "from six.moves.urllib.parse import urlencode\nimport six.moves.urllib.error\n"
            "show('six')\nprint(urllib, configparser, queue, urlencode({'a': 1}), "
            "six.moves.urllib.error, six.moves.__loader__, six.moves.__path__)\n"
            "print([type(f) for f in sys.meta_path])\n"
            "print(sorted(n for n in sys.modules if 'six' in n))\n"),
    ("setuptools", "import warnings; warnings.simplefilter('ignore')\n"
                   "print([getattr(f, '__name__', type(f)) for f in sys.meta_path])\n"
                   "import distutils, distutils.core, setuptools\nshow('distutils')\n"
                   "show('setuptools', 'setuptools.dist')\nprint(distutils.__file__, "
                   "setuptools.__version__, distutils.core.Distribution)\n"
                   "entry_points('distutils.commands')\n"
                   "print([getattr(f, '__name__', type(f)) for f in sys.meta_path])\n"),
    ("pkg_resources", "import warnings; warnings.simplefilter('ignore')\nimport pkg_resources\n"
                      "show('pkg_resources')\nprint(sorted(str(d) for d in "
                      "pkg_resources.working_set)[:30])\n"
                      "print(pkg_resources.resource_string('templated', 'templates/hello.txt'), "
                      "pkg_resources.resource_filename('templated', 'templates'), "
                      "pkg_resources.resource_listdir('templated', 'templates'), "
                      "pkg_resources.get_provider('json'))\n"
                      "for p in sorted(pkg_resources.iter_entry_points('pygments.lexers'), "
                      "key=str):\n    print(p, p.resolve())\n"
                      "pkg_resources.require('pip')\nprint(pkg_resources.extern, "
                      "pkg_resources.extern.packaging)\n"),
    ("more_itertools", "import more_itertools\nshow('more_itertools', 'more_itertools.recipes')\n"),
    ("yaml", "import yaml\nshow('yaml', 'yaml.loader')\nprint(yaml.safe_load('a: [1, 2]'), "
             "yaml.__with_libyaml__)\n"),
    ("requests", "import requests\nshow('requests', 'requests.sessions')\n"
                 "print(requests.packages.urllib3, sys.modules['requests.packages.urllib3'], "
                 "sorted(n for n in sys.modules if n.startswith('requests.packages'))[:40])\n"
                 "import certifi\nprint(certifi.where())\n"),
    ("lib2to3", "import warnings; warnings.simplefilter('ignore')\nimport lib2to3.refactor, "
                "lib2to3.pgen2.driver\nshow('lib2to3', 'lib2to3.pygram')\n"
                "print(lib2to3.refactor.get_fixers_from_package('lib2to3.fixes')[:5])\n"),
    ("gi", "import gi\nshow('gi')\ntry:\n    gi.require_version('GLib', '2.0')\n"
           "    from gi.repository import GLib\n    print(GLib.MAJOR_VERSION, GLib.__spec__ is None)\n"
           "except (ImportError, ValueError) as error:\n    print(repr(error))\n"),
    ("pytest", "import pytest\nshow('_pytest', '_pytest.assertion.rewrite')\nentry_points('pytest11')\n"
               "pytest.register_assert_rewrite('rewritten.checks')\n"),
    ("django", "import django.conf\ndjango.conf.settings.configure()\ndjango.setup()\n"
               "show('django', 'django.core.management')\nimport django.core.management as m\n"
               "print(sorted(m.get_commands().items())[:9], m.load_command_class('django.core', "
               "'check'))\nfrom django.utils.module_loading import autodiscover_modules, "
               "import_string\nprint(import_string('django.http.HttpResponse'))\n"),
    ("idlelib", "show('idlelib', 'idlelib.config')\n"),
    ("ensurepip", "show('ensurepip')\nimport ensurepip\nprint(ensurepip.version())\n"),
]
OURS = {
    "templated/__init__.py": "",
    "templated/templates/hello.txt": "Hello {{ name }}",
    "rewritten/__init__.py": "",
    "rewritten/checks.py": "def check(x):\n    y = x + 1\n    assert y == x, 'rewritten or not'\n",
    "rewritten/plain.py": "def check(x):\n    y = x + 1\n    assert y == x\n",
    "test_rewritten.py": "import rewritten.checks, rewritten.plain\n\n\ndef test_checks():\n"
                         "    rewritten.checks.check(1)\n\n\ndef test_plain():\n"
                         "    rewritten.plain.check(1)\n\n\ndef test_own():\n    x = [1]\n"
                         "    assert x == [2]\n\n\ndef test_loader():\n"
                         "    print(type(rewritten.checks.__loader__), rewritten.checks.__spec__.cached)\n"
                         "    print(type(rewritten.plain.__loader__), rewritten.plain.__spec__.cached)\n"
                         "    assert 0\n",
    "conftest.py": "import pytest\npytest.register_assert_rewrite('rewritten.checks')\n",
}


def is_there(module):
    return subprocess.run([harness.PYTHON, "-c", f"import {module}"], capture_output=True,
                          env=harness.clean_environment()).returncode == 0


def prepare(sandbox):
    for name, text in OURS.items():
        sandbox.write(name, text)


def package(case, tap):
    module, program = case
    if not is_there(module):
        return tap.skip(module, "not installed")
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        args = [sandbox.write("program.py", SHOW + program)]
        sandbox.record(*args)
        harness.compare(tap, sandbox, module, args)
        served = sandbox.served(args)
        tap.result(bool(served), f"{module}: modules came from the bundle", f"served: {served}")


def rewriting(tap):
    """pytest's finder stands in front; what it rewrites must not come from the bundle."""
    if not is_there("pytest"):
        return tap.skip("pytest rewrites assertions", "not installed")
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        args = ["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_rewritten.py"]
        plain = [sandbox.write("plain.py", "import rewritten.checks, rewritten.plain, pytest\n"
                               "import _pytest.assertion.rewrite, _pytest.config\n")]
        for title, recorded in (("recorded under pytest", args), ("recorded without", plain)):
            sandbox.record(*recorded)
            outcomes = []
            for program in (harness.PYTHON, harness.PYSTART):
                shutil.rmtree(sandbox.path / "__pycache__", ignore_errors=True)
                done = harness.run([program, *args], env=sandbox.env(), cwd=sandbox.path)
                out = done.out.rpartition(b" in ")[0]
                outcomes.append(done._replace(out=out))
            stock = harness.compare_outcomes(tap, f"pytest rewrites assertions, {title}",
                                             *outcomes)
            tap.result(b"assert 2 == 1" in stock.out, f"there is something to see, {title}",
                       stock.out.decode())


def main():
    wanted = sys.argv[1:]
    tests = [rewriting, *PROGRAMS]
    tests = [t for t in tests if not wanted or harness.name_of(t) in wanted]
    return harness.in_parallel(lambda t, tap: t(tap) if callable(t) else package(t, tap), tests)


if __name__ == "__main__":
    sys.exit(main())
