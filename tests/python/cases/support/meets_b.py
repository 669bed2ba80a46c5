import sys

OTHER = "unfinished"
sys.meeting.wait()
import support.meets_a
DONE = "b"
OTHER = "finished" if hasattr(sys.modules["support.meets_a"], "DONE") else "unfinished"
