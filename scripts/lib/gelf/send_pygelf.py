"""Sends the messages of a file, a JSON object a line, with pygelf: what scripts/bench compares with.

usage: python3 send_pygelf.py FILE PORT
"""

import json
import logging
import sys

import pygelf

HEAD = ("version", "host", "short_message", "full_message", "timestamp", "level")


def main(file, port):
    handler = pygelf.GelfTcpHandler(host="127.0.0.1", port=port, include_extra_fields=True)
    logger = logging.getLogger("bench")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    with open(file, encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    for message in messages:
        extra = {name[1:]: value for name, value in message.items() if name not in HEAD}
        logger.info(message["short_message"], extra=extra)
    handler.close()


main(sys.argv[1], int(sys.argv[2]))
