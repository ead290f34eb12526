"""Python websockets as a client: echoes every kind of message; prints "ok" or fails.

Usage: python3 client.py URL OFFERED AGREED, where these two are on or off
"""

import asyncio
import ssl
import sys

import websockets

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 10 << 20]
PATTERN = bytes((i * 31) & 255 for i in range(4096))


def messages():
    for size in SIZES:
        # seven octets, and as many as are missing
        yield "x\u00e9\u20ac " * (size // 7) + "y" * (size % 7)
        yield (PATTERN * (size // len(PATTERN) + 1))[:size]


async def main(url, offered, agreed):
    options = {"compression": "deflate" if offered == "on" else None, "max_size": 64 << 20}
    if url.startswith("wss:"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        options["ssl"] = context
    async with websockets.connect(url, **options) as socket:
        extensions = [it.name for it in socket.extensions]
        assert extensions == (["permessage-deflate"] if agreed == "on" else []), extensions
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
