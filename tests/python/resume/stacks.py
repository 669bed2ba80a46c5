# SPDX-License-Identifier: MIT
"""What depends on the limit of the stack: how large the stacks of threads are, and how deep calls go."""
import ctypes
import math
import re
import resource
import subprocess
import sys
import threading

C = ctypes.CDLL(None)
ROOM = 256  # more than a pthread_attr_t takes


def stack_of_thread():
    """Of the one that asks: its size and its guard's."""
    attributes, start, size, guard = (ctypes.create_string_buffer(ROOM), ctypes.c_void_p(), ctypes.c_size_t(),
                                      ctypes.c_size_t())
    C.pthread_self.restype = ctypes.c_void_p
    C.pthread_getattr_np(ctypes.c_void_p(C.pthread_self()), attributes)
    C.pthread_attr_getstack(attributes, ctypes.byref(start), ctypes.byref(size))
    C.pthread_attr_getguardsize(attributes, ctypes.byref(guard))
    C.pthread_attr_destroy(attributes)
    return size.value, guard.value


def in_thread(function, size=0):
    answer = []
    threading.stack_size(size)
    thread = threading.Thread(target=lambda: answer.append(function()))
    try:
        thread.start()
    except RuntimeError as error:
        return str(error)
    thread.join()
    return answer


def default_size():
    attributes, size = ctypes.create_string_buffer(ROOM), ctypes.c_size_t()
    C.pthread_getattr_default_np(attributes)
    C.pthread_attr_getstacksize(attributes, ctypes.byref(size))
    return size.value


def depth(limit):
    """Of calls in Python, and of what is nested and shown in C: frames are not counted one by one."""
    sys.setrecursionlimit(limit)
    deepest = 0

    def go():
        nonlocal deepest
        deepest += 1
        go()

    nested = []
    for _ in range(20_000):
        nested = [nested]
    results = []
    for call in go, lambda: repr(nested):
        try:
            call()
            results.append("all")
        except RecursionError as error:
            # How much is used depends on where the stack begins.
            results.append(re.sub(r"\d+ kB", "so much", str(error))[:40])
    sys.setrecursionlimit(1000)
    return round(math.log2(deepest), 1), results


soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
print(soft, hard, threading.stack_size(), default_size())
if soft != resource.RLIM_INFINITY:
    print("the main thread", round(stack_of_thread()[0], -6))
# Each is larger than those before, for the C library gives out again what it still has.
for size in sorted((0, 64 << 10, 1 << 20, 32 << 20), key=lambda size: size or default_size()):
    print(size, in_thread(stack_of_thread, size))
for size in 0, 1 << 20, 32 << 20:
    print(size, in_thread(lambda: depth(300), size), flush=True)
print("here", depth(400), depth(1000), flush=True)
print(subprocess.run([sys.executable, "-c", "import resource; print(resource.getrlimit(resource.RLIMIT_STACK))"],
                     capture_output=True).stdout)
resource.setrlimit(resource.RLIMIT_STACK, (min(soft, 1 << 20) if soft != resource.RLIM_INFINITY else 1 << 20, hard))
print("lowered", default_size())
