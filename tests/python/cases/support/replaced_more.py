"""Leaves a class behind that nobody refers to."""


class Other:
    pass


class Same(Other):
    pass


class Same(Other):
    pass


kept = [[] for _ in range(20000)]
