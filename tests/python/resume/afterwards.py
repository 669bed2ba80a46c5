"""What a program does that needs more of its process than memory."""
import asyncio
import concurrent.futures
import ctypes
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading


def square(number):
    return number * number


def depth_of(call):
    depth = 0

    def go():
        nonlocal depth
        depth += 1
        call(go)

    try:
        go()
    except RecursionError as error:
        return depth, str(error)


def nest():
    """Deep in C: of what is nested in itself."""
    nested = []
    for _ in range(100_000):
        nested = [nested]
    try:
        repr(nested)
    except RecursionError as error:
        return str(error)


def tell_depths(where):
    results = depth_of(lambda go: go()), depth_of(lambda go: max([1], key=lambda _: go() or 1))
    print(where, results if sys.version_info < (3, 14) else [bool(r) for r in results], nest() is not None)


def tell_children():
    child = os.fork()
    if child == 0:
        os._exit(7)
    print(os.waitpid(child, 0)[1])
    command = [sys.executable, "-c", "import os, sys; print(len(os.environ), sys.flags); sys.exit(5)"]
    print(subprocess.run(command, capture_output=True).stdout, subprocess.call(["true"]))
    child = os.posix_spawn(sys.executable, command, os.environ)
    print(os.waitpid(child, 0)[1])
    child = os.fork()
    if child == 0:
        os.execv(sys.executable, command)
    print(os.waitpid(child, 0)[1])
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, pool.map(square, [1, 2, 3]))


def tell_signals():
    caught = []
    signal.signal(signal.SIGUSR1, lambda *arguments: caught.append(arguments[0]))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        caught.append("interrupted")
    print(caught)


async def wait():
    await asyncio.sleep(0)
    return await asyncio.to_thread(square, 4)


if __name__ == "__main__":
    tell_children()  # before there are threads, of which os.fork() warns
    tell_depths("main")
    for size in (0, 1 << 20):
        threading.stack_size(size)
        thread = threading.Thread(target=tell_depths, args=("thread",))
        thread.start()
        thread.join()
    threading.stack_size(0)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        print(list(pool.map(square, range(20))))
    tell_signals()
    print(asyncio.run(wait()), pickle.loads(pickle.dumps((square, sys.flags[:], {1: "x"}))))
    array = (ctypes.c_int * 3)(3, 1, 2)
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    ctypes.CDLL(None).qsort(array, 3, 4, compare(lambda a, b: a[0] - b[0]))
    print(list(array))
