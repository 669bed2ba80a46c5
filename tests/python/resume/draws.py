"""What no two processes may have in common."""
import os
import random
import secrets
import tempfile
import uuid

print(random.getrandbits(64))
print(random.Random().getrandbits(64))
print(random.SystemRandom().getrandbits(64))
print(secrets.token_hex())
print(uuid.uuid4())
print(uuid.uuid1())
print(os.urandom(8))
print(next(tempfile._get_candidate_names()))
print(os.getpid())
try:
    import ssl
    print(ssl.RAND_bytes(8))
except ImportError:
    pass
