"""Threads that import the same modules at the same time."""

# A parent that another thread still executes is not waited for by stock Python, and puts abc there itself.
import collections.abc
import importlib
import sys
import threading

NAMES = ["email.mime.multipart", "http.client", "json", "logging.config", "support.chain_a",
         "support.chain_b", "unittest", "xml.etree.ElementTree", "asyncio", "decimal"]
barrier = threading.Barrier(8)
results = [None] * 8


def work(number):
    barrier.wait()
    order = NAMES[number:] + NAMES[:number]
    modules = {name: importlib.import_module(name) for name in order}
    results[number] = {name: id(module) for name, module in modules.items()}


workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
print(all(r == results[0] for r in results), all(results))
print([sys.modules[n].__spec__._initializing for n in NAMES])
print(sorted(n for n in sys.modules))
