# SPDX-License-Identifier: MIT
"""What a program can see of its modules, under stock and with a snapshot that has its first imports.

usage: first_imports_state.py PYBUNDLE PYSTART PYTHON FOLDER 'IMPORTS'...

Each IMPORTS is the beginning of a script; the rest of the script tells the state: sys.modules in its order, what is in
each module by name, kind and plain value, and the registries of the standard library.
"""
import os
import subprocess
import sys
import time

REST = '''
def tell():
    import sys
    modules = list(sys.modules.items())
    import atexit, copyreg, gc, warnings
    gc.collect()  # when garbage goes is another moment with a bundle
    PLAIN = (int, float, complex, str, bytes, bool, type(None))
    lines = []
    def show(value, depth=3):
        kind = type(value)
        if kind in PLAIN:
            return ascii(value)
        if depth and kind in (tuple, list):
            return kind.__name__ + str([show(item, depth - 1) for item in value])
        if depth and kind is dict:
            return str([show(key, 1) + ":" + show(item, depth - 1) for key, item in value.items()])
        if depth and kind in (set, frozenset):
            return kind.__name__ + str(sorted(show(item, 0) for item in value))
        name = getattr(value, "__qualname__", "") if kind.__name__ in ("function", "type", "ABCMeta") else ""
        return f"{kind.__module__}.{kind.__qualname__} {name!a}"
    LEFT_OUT = {("sys", "path_importer_cache"), ("logging", "_startTime"), ("posix", "environ"), ("encodings", "_cache")}
    for number, (name, module) in enumerate(modules):
        lines.append(f"{number} {name}")
        for key, value in list(getattr(module, "__dict__", {}).items()):
            if (name, key) not in LEFT_OUT and key != "__builtins__":
                lines.append(f"{name}.{key}\\t{show(value)[:3000]}")
            if isinstance(value, type) and value.__module__ == name:
                for attribute, item in list(vars(value).items()):
                    lines.append(f"{name}.{key}.{attribute}\\t{show(item, 1)[:300]}")
                lines.append(f"{name}.{key} subclasses\\t{[c.__qualname__ for c in type.__subclasses__(value)]}")
    for value in (object, Exception, dict, type, int, str):
        lines.append(f"{value} subclasses\\t{[c.__module__ + c.__qualname__ for c in type.__subclasses__(value)]}")
    lines.append("at exit\\t" + str(atexit._ncallbacks()))
    lines.append("filters\\t" + show(warnings.filters))
    lines.append("copyreg\\t" + show(copyreg.dispatch_table))
    lines.append("meta path\\t" + show(sys.meta_path) + show(sys.path) + show(sys.path_hooks))
    lines.append("gc\\t" + show((gc.get_threshold(), gc.isenabled(), gc.callbacks, gc.get_freeze_count())))
    lines.append("main\\t" + show(list(vars(sys.modules["__main__"]))))
    if "re" in sys.modules:
        lines.append("re\\t" + show([list(map(str, key)) for key in sys.modules["re"]._cache]))
    if "logging" in sys.modules:
        manager = sys.modules["logging"].root.manager
        lines.append("loggers\\t" + show(sorted(manager.loggerDict)) + str(len(sys.modules["logging"]._handlerList)))
    if "random" in sys.modules:
        random = sys.modules["random"]
        lines.append("random\\t" + show(random._inst.getstate()[1][-1]))
        print("drawn", random.random(), file=sys.stderr)
    if "threading" in sys.modules:
        main = sys.modules["threading"].main_thread()
        import os, _thread
        lines.append("thread\\t" + show((main.ident == _thread.get_ident(), main.native_id == os.getpid(),
                                         main._stderr is sys.stderr)))
    print("\\n".join(lines))
tell()
'''


def run(command, environment):
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def without(report, names):
    return "\n".join(line for line in report.splitlines() if line.partition("\t")[0] not in names)


def compare(pybundle, pystart, python, folder, number, imports):
    place = os.path.join(folder, str(number))
    os.makedirs(place, exist_ok=True)
    script = os.path.join(place, "script.py")
    manifest, bundle = os.path.join(folder, f"{number}.yaml"), os.path.join(folder, f"{number}.pyb")
    environment = {name: value for name, value in os.environ.items()
                   if name in ("PATH", "HOME", "LANG", "PYSTART_DATADIR")}
    with open(script, "w", encoding="utf-8") as file:
        file.write(imports.replace(";", "\n") + REST)
    run([python, script], environment)
    run([pybundle, "record", "--python=" + python, "-o", manifest, "--", script], environment)
    with open(manifest, "a", encoding="utf-8") as file:
        file.write(f"snapshot: yes\nsnapshot_program: {script}\n")
    time.sleep(0.3)
    built = run([pybundle, "build", "-q", manifest, "-o", bundle], environment)
    if built.returncode != 0 or built.stderr:
        print(f"# no snapshot: {imports}: {built.stderr.strip()}")
        return True
    stock = run([python, script, "a"], environment)
    again = [run([python, script, "a"], environment) for _ in range(2)]
    starts = [run([pystart, "-X", "bundle=" + bundle, script, "a"], {**environment, "PYSTART_VERBOSE": "1"})
              for _ in range(2)]
    is_used = all("goes on with its snapshot" in start.stderr for start in starts)
    drawn = [line for start in starts for line in start.stderr.splitlines() if line.startswith("drawn")]
    # What stock itself tells otherwise each time, as the order of a set, does not count.
    varying = {line.partition("\t")[0] for other in again
               for line in set(other.stdout.splitlines()) ^ set(stock.stdout.splitlines())}
    stock.stdout = without(stock.stdout, varying)
    for start in starts:
        start.stdout = without(start.stdout, varying)
    are_same = all(start.stdout == stock.stdout for start in starts)
    if not are_same:
        one, other = stock.stdout.splitlines(), starts[0].stdout.splitlines()
        for line in [line for line in one if line not in set(other)][:6]:
            print("# stock:   ", line[:300])
        for line in [line for line in other if line not in set(one)][:6]:
            print("# snapshot:", line[:300])
    print("ok" if are_same and is_used and len(set(drawn)) == len(drawn) else "not ok", number, "-", imports,
          "" if is_used else "# not used: " + starts[0].stderr[-300:], f"# {len(stock.stdout.splitlines())} lines, {len(varying)} vary")
    return are_same and is_used


if __name__ == "__main__":
    results = [compare(*sys.argv[1:5], number, imports) for number, imports in enumerate(sys.argv[5:], 1)]
    sys.exit(0 if all(results) else 1)
