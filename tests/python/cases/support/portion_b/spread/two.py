WHICH = "b"
