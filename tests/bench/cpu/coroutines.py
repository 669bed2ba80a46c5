# SPDX-License-Identifier: MIT
"""Tasks that wait for each other on an event loop."""

import asyncio


async def produce(queue, count):
    for number in range(count):
        await queue.put(number)
    await queue.put(None)


async def consume(queue, lock, totals):
    while (number := await queue.get()) is not None:
        async with lock:
            totals[number % 7] += number
        if number % 50 == 0:
            await asyncio.sleep(0)


async def main():
    lock, totals = asyncio.Lock(), [0] * 7
    queues = [asyncio.Queue(maxsize=8) for _ in range(6)]
    await asyncio.gather(*(produce(queue, 900) for queue in queues),
                         *(consume(queue, lock, totals) for queue in queues))
    return totals


def run():
    return asyncio.run(main())
