#!/usr/bin/env python3
"""The daemon under valgrind's memcheck: from the start to the end, with events of every kind, a reload, and a client that leaves.
Every read of what was never written and every byte that nothing points to any more is a failure. The short form has Kafka inside
the process (librdkafka all the same), the long one a real one."""
import json
import pathlib
import shutil
import signal
import socket
import sys
import tempfile

import ledger
from ledger import LONG, harness, pick

SUPPRESSIONS = pathlib.Path(__file__).resolve().parent / "valgrind.supp"
GOOD = {"type": "sign_up", "data": {"method": "email", "country": "DE"},
        "context": {"page": {"url": "https://shop.example/a?utm_source=news&gclid=1"}, "locale": "de-DE",
                    "timezone": "Europe/Berlin"}}
BODIES = [GOOD, [GOOD] * 50, {"type": "none"}, {"type": "sign_up", "data": {"method": 1}}, [GOOD, {"id": 7}, "x"]]


class Case(ledger.Case):
    def setUp(self):
        if not shutil.which("valgrind"):
            raise AssertionError("install valgrind")
        self.kafka = harness.Kafka() if LONG else None
        if self.kafka:
            self.addCleanup(self.kafka.close)

    def daemon_start(self, **settings):
        home = pathlib.Path(tempfile.mkdtemp(prefix="millrace-valgrind-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        (home / "spool").mkdir()
        return harness.Daemon(
            {"kafka.brokers": self.kafka.bootstrap if self.kafka else "embedded", "worker.threads": 2,
             "spool.path": home / "spool",
             "spool.segment": "1MiB", "spool.size": "4MiB", "spool.reserve": 0, "enrich.user_agent.cache": 64,
             # valgrind makes calls of its own, and does not know memory that is checked by the millisecond
             "process.seccomp": "false", **settings},
            before=["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite",
                    "--errors-for-leak-kinds=definite", f"--suppressions={SUPPRESSIONS}"])

    def leave_early(self, daemon):
        """A client that sends half of a request, and one that does not wait for its answer."""
        for text in (b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{", b"POST /v1/events HTTP/1.1\r\nHost: "
                     b"a\r\nContent-Length: 2\r\n\r\n[]"):
            with socket.create_connection(("127.0.0.1", daemon.port)) as client:
                client.sendall(text)


class Memcheck(Case):
    def test_whole_life(self):
        with self.daemon_start() as daemon:
            daemon.wait_ready()
            for turn in range(pick(3, 40)):
                for body in BODIES:
                    daemon.request("POST", "/v1/events?verbose=1", json.dumps(body),
                                   headers={"Content-Type": "application/json", "User-Agent": f"Mozilla/5.0 Firefox/{turn}.0"})
                daemon.request("POST", "/v1/events", b"\x1f\x8b broken", headers={"Content-Encoding": "gzip"})
                self.leave_early(daemon)
            daemon.process.send_signal(signal.SIGHUP)
            harness.wait_until(lambda: "is in force" in daemon.log(), "the reload")
            status, answer = daemon.post(GOOD)
            self.assertEqual((status, answer["accepted"]), (200, 1))
            daemon.metrics()
            status = daemon.stop()
            self.assertEqual(status, 0, daemon.log())


if __name__ == "__main__":
    sys.exit(harness.main())
