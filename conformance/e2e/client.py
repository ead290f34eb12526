"""Python websockets as a client: echoes every kind of message; prints "ok" or fails.

Usage: python3 client.py URL on|off
"""

import asyncio
import ssl
import sys

import websockets

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 10 << 20]


def messages():
    for size in SIZES:
        yield ("x\u00e9\u20ac " * (size // 8 + 1))[: size // 3] + "y" * (size % 3)
        yield bytes((i * 31) & 255 for i in range(min(size, 4096))) * (max(1, size // 4096))


async def main(url, compression):
    options = {"compression": "deflate" if compression == "on" else None, "max_size": 64 << 20}
    if url.startswith("wss:"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        options["ssl"] = context
    async with websockets.connect(url, **options) as socket:
        for message in messages():
            await socket.send(message)
            assert await socket.recv() == message, f"another echo for {len(message)}"
            # fragmented on the way there
            await socket.send([message[: len(message) // 2], message[len(message) // 2 :]])
            assert await socket.recv() == message, f"another echo for {len(message)} in two"
        await (await socket.ping(b"are you there"))
    assert socket.close_code == 1000, socket.close_code
    print("ok")


asyncio.run(main(*sys.argv[1:]))
