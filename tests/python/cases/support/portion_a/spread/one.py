WHICH = "a"
