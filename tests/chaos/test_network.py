#!/usr/bin/env python3
"""Bad networks, between clients and the daemon and between the daemon and Kafka: loss, delay, disorder, silence, slowness.
Three namespaces of this test's own, and tests/chaos/wire.c between them:

    clients  ---near---  daemon  ---far---  Kafka

Every run ends with the count: nothing acknowledged is missing. Needs root, for the namespaces."""
import atexit
import ctypes
import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import time

import ledger
from ledger import Case, harness, pick

CLIENTS, DAEMON, KAFKA = (f"mill{os.getpid()}{name}" for name in "cdk")
NEAR, FAR = ("10.213.1.1", "10.213.1.2"), ("10.213.2.1", "10.213.2.2")       # of the two ends


def enter(space):
    """This thread's sockets, threads and processes are of that namespace from now on."""
    clone_newnet = 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{space}", encoding="ascii") as place:
        if libc.setns(place.fileno(), clone_newnet):
            raise OSError(ctypes.get_errno(), "setns")


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


class Wire:
    """The program tests/chaos/wire.c between two namespaces; `bad` settings hold until clear()."""

    def __init__(self, name, spaces, addresses):
        self.process = subprocess.Popen([harness.program("WIRE", "wire"), *spaces, "7", name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise AssertionError("the wire did not start")
        for space, own, other in zip(spaces, addresses, reversed(addresses)):
            ip("-n", space, "addr", "add", own, "peer", other, "dev", name)
            ip("-n", space, "link", "set", name, "up", "mtu", "1500")
        self.set_now = {}

    def bad(self, **settings):
        for name, value in settings.items():
            self.process.stdin.write(f"{name} {value}\n")
            self.process.stdin.flush()
            if self.process.stdout.readline() != "ok\n":
                raise AssertionError(f"the wire does not know {name}")
        self.set_now.update(settings)

    def clear(self):
        self.bad(**{name: 0 for name in self.set_now})
        self.set_now = {}

    def close(self):
        """What it did to packets."""
        self.process.stdin.close()
        counts = json.loads(self.process.stdout.read())
        self.process.wait()
        return counts


class Network(Case):
    @classmethod
    def setUpClass(cls):
        for space in (CLIENTS, DAEMON, KAFKA):
            ip("netns", "add", space)
            atexit.register(subprocess.run, ["ip", "netns", "del", space], check=False)
            ip("-n", space, "link", "set", "lo", "up")
        cls.near = Wire("near", (CLIENTS, DAEMON), NEAR)
        cls.far = Wire("far", (DAEMON, KAFKA), FAR)
        enter(KAFKA)
        cls.kafka = harness.Kafka(host=FAR[1])
        enter(DAEMON)

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()
        for wire in (cls.near, cls.far):
            wire.clear()
            counts = wire.close()
            assert counts["sent"] > 100 and counts["lost"] > 0, counts

    def daemon(self, name="", **settings):
        port = harness.free_port()
        daemon = super().daemon(name, http__listen=f"{NEAR[1]}:{port}", keys__open="true", **settings)
        daemon.port, daemon.host = port, NEAR[1]
        return daemon.wait_ready()

    def book(self, daemon, name="", **further):
        return ledger.Ledger(daemon, name=f"e{name}", enter=lambda: enter(CLIENTS), **further)

    def end(self, book, what, spool=False, daemon=None):
        book.finish(harness.PATIENCE * 2)
        if spool:
            ledger.wait_empty(daemon)
        self.far.clear()
        topic, bad_topic = self.topics()
        book.count(self.kafka, topic, bad_topic)
        daemon.metrics()
        ledger.row("lost", what, **book.figures())

    # ---- between clients and the daemon ----

    NEAR_DAMAGE = {
        "clients lose 5 % of the packets": {"loss": 5},
        "clients are 100 ms away, give or take 50, out of order": {"delay": 100, "jitter": 50},
        "clients' packets come twice, damaged, or out of order": {"duplicate": 10, "corrupt": 3, "reorder": 10},
        "clients have 1 Mbit/s": {"rate": 125_000},
    }

    def test_near(self):
        daemon = self.daemon(worker__threads=1)
        book = self.book(daemon, rate=200).wait(50)
        for number, (what, damage) in enumerate(self.NEAR_DAMAGE.items()):
            before = len(book.acknowledged)
            self.near.bad(**damage)
            book.run_for(pick(2, 20)).wait(20)
            self.near.clear()
            ledger.row("load", what, **{"events acknowledged meanwhile": len(book.acknowledged) - before})
        self.near.bad(down=1)
        book.run_for(pick(2, 20))
        self.near.clear()
        book.wait(50)
        self.end(book, "bad networks of clients, one after the other, and silence", daemon=daemon)
        if not book.unanswered:
            self.assertEqual(book.duplicates, 0)

    def raw(self, data):
        client = socket.create_connection((NEAR[1], self.port), timeout=harness.PATIENCE)
        client.sendall(data)
        return client

    def test_gone(self):
        """Resets in the middle of a body, and clients that are there no more without a word: nothing of theirs stays."""
        daemon = self.daemon(http__head_time="2s", http__body_time="2s", http__idle_time="2s", http__write_time="2s")
        self.port = daemon.port
        chance = random.Random(5)
        event = ledger.event("gone", 0).encode()
        whole = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(event) + event
        enter(CLIENTS)
        try:
            for _ in range(pick(100, 2000)):
                client = self.raw(whole[:chance.randrange(1, len(whole))])
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            silent = [self.raw(whole[:size]) for size in (0, 10, len(whole) - 5, len(whole)) for _ in range(pick(20, 200))]
            time.sleep(0.5)
            self.near.bad(down=1)
        finally:
            enter(DAEMON)
        held = daemon.metrics()["millrace_http_connections"]
        self.assertGreaterEqual(held, len(silent) // 2)
        harness.wait_until(lambda: daemon.metrics()["millrace_http_connections"] <= 1, "silent connections to be closed")
        metrics = daemon.metrics()
        self.assertEqual(metrics["millrace_open_bytes"], 0)
        self.assertEqual(metrics["millrace_events_received_total"], len(silent) // 4)
        orphans = lambda: [line for line in subprocess.run(["ss", "-tnH", "state", "fin-wait-1"], capture_output=True, text=True,
                                                           check=True).stdout.splitlines() if f":{daemon.port}" in line]
        harness.wait_until(lambda: not orphans() or not pick(False, True), "the kernel to have forgotten them")
        self.near.clear()
        for client in silent:
            client.close()
        ledger.row("load", "clients that are gone without a word", connections=int(held),
                   **{"left after http.body_time": int(metrics["millrace_http_connections"])})

    # ---- between the daemon and Kafka ----

    FAR_DAMAGE = {
        "Kafka is 200 ms away and loses 5 % of the packets": {"loss": 5, "delay": 200},
        "Kafka has 1 Mbit/s": {"rate": 125_000},
        "Kafka's packets come twice, damaged, or out of order": {"duplicate": 10, "corrupt": 3, "reorder": 10},
        "Kafka is silent": {"down": 1},
    }

    def test_far(self):
        daemon = self.daemon(spool__path=self.folder(), spool__reserve="0", spool__segment="1MiB", spool__after="2s")
        book = self.book(daemon, rate=200).wait(50)
        for what, damage in self.FAR_DAMAGE.items():
            before, spooled = len(book.acknowledged), daemon.metrics()["millrace_spool_written_records_total"]
            self.far.bad(**damage)
            book.run_for(pick(3, 20)).wait(20)
            self.far.clear()
            spooled = daemon.metrics()["millrace_spool_written_records_total"] - spooled
            ledger.row("load", what, **{"events acknowledged meanwhile": len(book.acknowledged) - before,
                                        "of them by the spool": int(spooled)})
        self.assertGreater(daemon.metrics()["millrace_spool_written_records_total"], 0)
        book.wait(50)
        self.end(book, "bad networks between the daemon and Kafka, one after the other, and silence", spool=True, daemon=daemon)


if __name__ == "__main__":
    missing = [tool for tool in ("ip", "ss") if not shutil.which(tool)]
    if missing or os.geteuid() != 0 or not pathlib.Path("/dev/net/tun").exists():
        print("tests of networks need root, /dev/net/tun, ip and ss (iproute2)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else harness.SKIPPED)
    ledger.main()
