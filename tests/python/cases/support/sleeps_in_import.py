"""Takes its time."""

from support.meets_fork import meeting

kept = [[] for _ in range(3000)]
meeting.there.set()
meeting.go.wait()
