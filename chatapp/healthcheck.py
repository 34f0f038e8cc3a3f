"""Ask the server of this machine whether it lives; the exit code is the answer.

A script of its own, without Django: the container runs it every few seconds.
"""

import http.client
import os
import sys

TIMEOUT_SECONDS = 2


def is_alive(port: int) -> bool:
    """Say whether /healthz answers 200 on `port`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_alive(int(os.environ.get("PORT", "8000"))) else 1)
