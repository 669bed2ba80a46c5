import support.ring_b

NAME = "ring a"
