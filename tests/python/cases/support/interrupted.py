import os
import signal
import sys
import threading

BEFORE = 1


def imports_this():
    import support.interrupted
    print("in the thread", support.interrupted.AFTER)


what = sys.raise_what
if isinstance(what, type):
    raise what("in the middle")
if what == "signal":
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000000):
        pass
elif what == "fork":
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        import support.classes
        print("child", support.classes.double(4), flush=True)
        import support.interrupted
        os._exit(0)
    print(os.waitpid(pid, 0)[1])
elif what == "thread":
    thread = threading.Thread(target=imports_this)
    thread.start()
    sys.waiting = thread
AFTER = 2
