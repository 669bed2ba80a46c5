"""What no two processes may have in common: a line for each generator."""
import ctypes
import multiprocessing
import os
import random
import secrets
import tempfile
import uuid

LIBC = ctypes.CDLL(None)


def tell(name, *values):
    print(name, *values)


tell("module random", random.getrandbits(64))
tell("Random", random.Random().getrandbits(64))
tell("SystemRandom", random.SystemRandom().getrandbits(64))
tell("secrets", secrets.token_hex())
tell("uuid4", uuid.uuid4())
tell("uuid1", uuid.uuid1())
tell("uuid1, made in Python", uuid.uuid1(node=1))
tell("urandom", os.urandom(8))
tell("getrandom", os.getrandom(8))
tell("names of temporary files", next(tempfile._get_candidate_names()))
with tempfile.NamedTemporaryFile() as file:
    tell("a temporary file", file.name)
tell("pid", os.getpid())
tell("key of multiprocessing", bytes(multiprocessing.current_process().authkey))
numbers = ctypes.create_string_buffer(16)
LIBC.getrandom(numbers, 16, 0)
tell("getrandom of the C library", numbers.raw)
if hasattr(LIBC, "arc4random"):
    tell("arc4random", LIBC.arc4random(), LIBC.arc4random())
    LIBC.arc4random_buf(numbers, ctypes.c_size_t(16))
    tell("arc4random_buf", numbers.raw)
LIBC.getauxval.restype = ctypes.c_void_p
tell("AT_RANDOM", ctypes.string_at(LIBC.getauxval(25), 16))
LIBC.__stack_chk_fail  # it is there: the canary is another one, too
try:
    import ssl
    tell("ssl", ssl.RAND_bytes(8))
    crypto = ctypes.CDLL(ssl._ssl.__file__)
    crypto.RAND_priv_bytes(numbers, 16)
    tell("RAND_priv_bytes", numbers.raw)
except ImportError:
    pass
try:
    import numpy
    tell("numpy", numpy.random.random(2), numpy.random.default_rng().random(2))
except ImportError:
    pass
