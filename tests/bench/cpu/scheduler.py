# SPDX-License-Identifier: MIT
"""Tasks of an operating system that hand packets on: classes, methods and linked lists."""


class Packet:
    def __init__(self, kind, payload, link=None):
        self.kind, self.payload, self.link = kind, payload, link

    def append_to(self, queue):
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Task:
    def __init__(self, priority):
        self.priority, self.queue, self.done = priority, None, 0

    def receive(self, packet):
        self.queue = packet.append_to(self.queue)

    def take(self):
        packet, self.queue = self.queue, self.queue.link
        return packet

    def step(self, tasks):
        raise NotImplementedError


class Worker(Task):
    def step(self, tasks):
        packet = self.take()
        packet.payload = [(value * 3 + self.priority) % 256 for value in packet.payload]
        self.done += 1
        tasks[(packet.kind + self.done) % len(tasks)].receive(packet)


class Device(Task):
    def step(self, tasks):
        packet = self.take()
        packet.kind = (packet.kind + sum(packet.payload)) % 7
        self.done += 1
        tasks[packet.kind % len(tasks)].receive(packet)


def run():
    tasks = [kind(priority) for priority in range(3) for kind in (Worker, Device)]
    for kind in range(10):
        tasks[kind % len(tasks)].receive(Packet(kind, [kind, kind + 1, kind + 2, kind + 3]))
    for _ in range(12000):
        ready = [task for task in tasks if task.queue is not None]
        max(ready, key=lambda task: (-task.done, task.priority)).step(tasks)
    return [task.done for task in tasks]
