"""Imports in several threads that wait for each other, pools, and event loops."""

import asyncio
import concurrent.futures
import importlib
import multiprocessing
import sys
import threading

import support.classes

sys.meeting = threading.Barrier(2)
results = {}


def work(name):
    module = importlib.import_module(name)
    results[name] = (module.OTHER, module.__spec__._initializing)


for _ in range(20):
    for name in ("support.meets_a", "support.meets_b"):
        sys.modules.pop(name, None)
    threads = [threading.Thread(target=work, args=(name,))
               for name in ("support.meets_a", "support.meets_b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sorted(results), sorted(sys.modules["support.meets_" + x].DONE for x in "ab"))
    # One of the two has to go on with the other unfinished.
    print({done for done, _ in results.values()} <= {"finished", "unfinished"},
          [state for _, state in results.values()],
          sum(done == "unfinished" for done, _ in results.values()) <= 1)

NAMES = ["support.chain_a", "support.chain_b", "support.circle_b", "support.lazy", "colorsys",
         "support.there_is_no_such_module", "support.raises", "plistlib"]


def outcome(name):
    try:
        return importlib.import_module(name).__name__
    except Exception as error:
        return repr(error)


def forget():
    for name in NAMES:
        sys.modules.pop(name, None)


for _ in range(10):
    forget()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        print(list(pool.map(outcome, NAMES * 3)))


async def main():
    forget()
    loop = asyncio.get_running_loop()
    tasks = [loop.run_in_executor(None, outcome, name) for name in NAMES]
    print(await asyncio.gather(*tasks))
    print(await asyncio.to_thread(outcome, "wave"))


asyncio.run(main())
forget()
# A thread is in the middle of an import while the process forks.
event, go = threading.Event(), threading.Event()
sys.in_the_middle = lambda: (event.set(), go.wait())
thread = threading.Thread(target=outcome, args=("support.waits",))
thread.start()
event.wait()
context = multiprocessing.get_context("fork")
with context.Pool(1) as pool:
    print(pool.map(outcome, NAMES))
go.set()
thread.join()
print(sys.modules["support.waits"].DONE)
