# SPDX-License-Identifier: MIT
"""Programs and libraries of Debian that nothing in pystart was made for.

Most programs have two lines: how they tell their version, and a real job. A job needs no network,
ends with status 0 (what fails is not measured), and writes into its current folder alone, which has
the sample files below and is the home folder.
"""

import pathlib
import shutil
from typing import NamedTuple

VERSION, JOB, IMPORT = "version", "job", "import"

VERSIONS = ("ansible --version", "aws --version", "ipython3 --version", "meson --version",
            "poetry --version", "pip --version", "tox --version", "pylint --version",
            "flake8 --version", "streamlink --version", "glances --version", "borg --version",
            "gunicorn --version", "flask --version", "scrapy version", "mitmdump --version",
            "sqlmap --version", "ebook-convert --version", "mkdocs --version",
            "pelican --version", "electrum --offline version", "certbot --version",
            "snakemake --version", "supervisord --version", "cookiecutter --version",
            "git-cola --version", "gitlint --version", "reuse --version", "buku --version",
            "khal --version", "vdirsyncer --version", "salt-call --version", "twine --version",
            "pre-commit --version", "isort --version", "bandit --version",
            "pycodestyle --version", "virtualenv --version", "jupyter --version",
            "pygmentize -V", "rst2html --version", "asciinema --version", "beet --version",
            "thefuck --version", "s3cmd --version", "duplicity --version",
            "rdiff-backup --version", "csvcut --version")
JOBS = ("ansible localhost -c local -m ping", "aws configure list",
        "ipython3 --no-banner -c print(1)", "meson setup build", "pip list", "pip freeze",
        "pylint --disable=all --enable=E sample.py", "flake8 --exit-zero sample.py",
        "borg init -e none repository", "gunicorn --check-config sample:application",
        "flask --app site_of_flask routes", "scrapy startproject crawler",
        "ebook-convert sample.txt sample.epub", "mkdocs build -q", "pelican content -o output",
        "certbot --config-dir c --work-dir w --logs-dir l certificates",
        "snakemake -n -s Snakefile", "reuse spdx", "khal -c khal.conf printformats",
        "pre-commit sample-config", "isort sample.py", "bandit -q sample.py", "black sample.py",
        "pycodestyle --ignore=E2 sample.py", "virtualenv --no-download --without-pip environment",
        "jupyter --paths", "pygmentize -f html sample.py", "rst2html sample.rst",
        "sphinx-build -q -b html documentation html", "s3cmd -c sample.cfg --dump-config",
        "rdiff-backup content copy", "csvstat sample.csv", "csvsort -c 2 sample.csv")
MODULES = ("numpy", "pandas", "matplotlib.pyplot", "scipy.stats", "sklearn", "sympy", "networkx",
           "PyQt5.QtWidgets", "gi", "PIL.Image", "lxml.etree", "cryptography.x509", "requests",
           "boto3", "aiohttp", "twisted.internet.reactor", "tornado.web")
CODE = {"pandas describe": "import pandas; print(pandas.read_csv('sample.csv').describe())",
        "sympy integrate": "from sympy import *; x = symbols('x'); print(integrate(x * sin(x), x))",
        "PIL thumbnail": "from PIL import Image; i = Image.new('RGB', (99, 99)); "
                         "i.thumbnail((9, 9)); i.save('small.png')",
        "numpy inverse": "import numpy; print(numpy.linalg.inv(numpy.eye(9) * 2).sum())"}

PYTHON = '''"""A module that is formatted, checked and shown."""
import sys
import os


def application(environment, start_response):
    """Answer a request."""
    names = {'a':1,   'b':2}
    start_response("200 OK", [])
    return [str((names, os.sep, sys.byteorder, environment)).encode()]
'''
TEXT = "Heading\n=======\n\nSome *text* with\n\n* one point,\n* another.\n"
SAMPLES = {
    "sample.py": PYTHON, "sample.rst": TEXT, "sample.txt": TEXT,
    "sample.cfg": "[default]\naccess_key = a\nsecret_key = b\n",
    "sample.csv": "name,number\n" + "".join(f"n{i},{i * 7 % 100}\n" for i in range(200)),
    "site_of_flask.py": "import flask\napp = flask.Flask('site')\n",
    "khal.conf": "[calendars]\n[[sample]]\npath = calendar\n",
    "meson.build": "project('sample')\n", "mkdocs.yml": "site_name: sample\n",
    "docs/index.md": TEXT, "documentation/conf.py": "project = 'sample'\n",
    "documentation/index.rst": TEXT,
    "content/page.rst": "Title\n=====\n\n:date: 2020-01-01\n\nText.\n",
    "Snakefile": "rule all:\n    output: 'x'\n    shell: 'touch {output}'\n",
}


class Wide(NamedTuple):
    name: str
    args: list  # behind the interpreter
    kind: str
    standard: bool = False


def all_workloads():
    return [*(Wide(line, line.split(), VERSION) for line in VERSIONS),
            *(Wide(line, line.split(), JOB) for line in JOBS),
            *(Wide(name, ["-c", code], JOB) for name, code in CODE.items()),
            *(Wide(f"import {m}", ["-c", f"import {m}"], IMPORT) for m in MODULES)]


def choose(only):
    """Those whose name contains one of these texts; all without any."""
    return [w for w in all_workloads() if not only or any(text in w.name for text in only)]


def fill(folder):
    """Make the folder what it is before each job: the samples, and nothing else."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for name, text in SAMPLES.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
