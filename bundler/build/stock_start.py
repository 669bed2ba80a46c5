# SPDX-License-Identifier: MIT
"""What Python executes that is told to run a bundle: `python3 app.pyb`.

It lies as __main__.py in the zip archive at the end of the bundle. bundler/build/stock_start.c puts
ENTRY, OPTIMIZE and STUB in front of it. Python is started once more, with the options that it got and
what `pystart app.pyb` would add; so the program sees what it would see there, except that nothing of
pystart is in the process.
"""
import os
import sys


def entry_arguments(bundle, launched):
    """What starts the program, as importer/launcher/entry_point.c has it."""
    entry = os.fsdecode(ENTRY)
    if entry.startswith("/"):
        return [entry]
    module, _, function = entry.partition(":")
    if not function:
        return ["-m", module]
    call = f"from {module} import {function.partition('.')[0]}\nraise SystemExit({function}())\n"
    folder = bundle[:bundle.rfind("/") + 1] or "."
    return ["-c", STUB + call, folder, launched]


def is_process():
    """Whether all that this process does is to run the bundle: a debugger would be gone with it."""
    frame, count = sys._getframe(), len(sys.argv)
    while frame.f_globals is globals() or frame.f_globals.get("__name__") == "runpy":
        if frame.f_back is None:
            return sys.orig_argv[-count:] == sys.argv
        frame = frame.f_back
    return False


def start_again(arguments):
    """Start Python with what is to be run. Returns if that is not possible."""
    options = sys.orig_argv[1:-len(sys.argv)]
    if options[-1:] == ["--"]:
        del options[-1]
    if OPTIMIZE and not sys.flags.optimize:
        options.append("-" + OPTIMIZE * "O")
    try:
        os.execv(sys.executable, [sys.orig_argv[0], *options, *arguments, *sys.argv[1:]])
    except (OSError, ValueError):
        pass


def run_here(arguments):
    """Run the program in this process."""
    import runpy
    first, *others = arguments
    if first == "-c":
        sys.argv[:1] = arguments[:1] + arguments[2:]
        exec(others[0], {"__name__": "__main__", "__builtins__": __builtins__})
    elif first == "-m":
        sys.path[0] = os.getcwd()
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv[0] = first
        sys.path[0] = os.path.dirname(os.path.realpath(first))
        runpy.run_path(first, run_name="__main__")


def main(bundle, launched):
    arguments = entry_arguments(bundle, launched)
    if hasattr(sys, "orig_argv") and is_process():
        start_again(arguments)
    run_here(arguments)


if __name__ == "__main__":
    # A copy of the launcher has its own __main__.py, which tells the bundle beside it.
    main(globals().get("BUNDLE", sys.argv[0]), sys.argv[0])
