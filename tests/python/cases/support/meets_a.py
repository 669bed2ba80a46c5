import sys

OTHER = "unfinished"
sys.meeting.wait()
import support.meets_b
DONE = "a"
OTHER = "finished" if hasattr(sys.modules["support.meets_b"], "DONE") else "unfinished"
