from support import circle_b

A = 1
