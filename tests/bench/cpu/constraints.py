# SPDX-License-Identifier: MIT
"""One-way constraints that keep values consistent: inheritance, polymorphism, attributes."""


class Variable:
    def __init__(self, value):
        self.value, self.readers = value, []

    def set(self, value):
        if value != self.value:
            self.value = value
            for constraint in self.readers:
                constraint.enforce()


class Constraint:
    def __init__(self, output, *inputs):
        self.output, self.inputs = output, inputs
        for variable in inputs:
            variable.readers.append(self)

    def enforce(self):
        self.output.set(self.compute(*[variable.value for variable in self.inputs]))

    def compute(self, *values):
        raise NotImplementedError


class Equal(Constraint):
    def compute(self, value):
        return value


class Scaled(Constraint):
    def compute(self, value, scale, offset):
        return (value * scale + offset) % 65521


class Sum(Constraint):
    def compute(self, *values):
        return sum(values)


def run():
    scale, offset = Variable(3), Variable(7)
    chain = [Variable(0) for _ in range(60)]
    for number, (before, after) in enumerate(zip(chain, chain[1:])):
        if number % 2:
            Equal(after, before)
        else:
            Scaled(after, before, scale, offset)
    total = Variable(0)
    Sum(total, chain[9], chain[29], chain[59])
    for value in range(1, 700):
        chain[0].set(value)
    return chain[-1].value, total.value
