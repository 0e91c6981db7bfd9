"""Follows a log without a screen: python -m tests.bench.logfeed FILE counts until its input ends, then prints
how many lines came, as JSON; lines that came twice or not at all show in the count."""

from __future__ import annotations

import json
import sys
import threading

from mailtui.maillog.feed import Feed
from mailtui.maillog.source import Source
from tests.bench.memory import megabytes


def main() -> None:
    news = threading.Event()
    feed = Feed(Source("file", sys.argv[1]), news.set)
    feed.start()
    sys.stdin.read()
    last = -1
    while last != len(feed.lines):
        last = len(feed.lines)
        news.clear()
        news.wait(3.0)
    feed.stop()
    print(json.dumps({"lines": last, "memory": megabytes("VmHWM")}))


if __name__ == "__main__":
    main()
