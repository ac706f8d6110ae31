#!/usr/bin/env python3
"""Memory that runs out: one allocation of the daemon's own code after the other fails, while it starts, for requests of each kind
and while it reads its plan again. It answers 503 or 500, cuts the connection, or ends with the status 71 and a sentence; it never
crashes, and what it acknowledged is on its topic. And what it takes under load is what docs/howto/operations.md says."""
import contextlib
import gzip
import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time

import ledger
import shim
from ledger import harness, pick
from shim import Case

NOWHERE = "127.0.0.1:9"                                         # brokers that are away
OUT = 71                                                        # MEMORY_STATUS of base/base.h
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1{0}.0.0.0 Safari/537.36"


def zstd_plain(data):
    """A frame of RFC 8878 with blocks that are not compressed: a content size of 4 bytes, one segment."""
    pieces = [data[at:at + 65536] for at in range(0, len(data), 65536)]
    heads = [((number == len(pieces) - 1) | len(piece) << 3).to_bytes(3, "little") for number, piece in enumerate(pieces)]
    return b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little") + b"".join(map(bytes.__add__, heads, pieces))


class Memory(Case):
    def setUp(self):
        super().setUp()
        self.sent, self.acknowledged, self.ended = 0, set(), 0

    def start_spooling(self, **settings):
        return self.start(shims=("memory",), kafka__brokers=NOWHERE, **settings)

    def ids(self, count):
        self.sent += count
        return [f"m-0-{self.sent - i}" for i in range(count)]

    # ---- requests: (method, path, body, headers, ids that a 200 acknowledges) ----

    def good(self, count=1, **headers):
        ids = self.ids(count)
        texts = [ledger.event(number, 0) for number in ids]
        return "POST", "/v1/events", texts[0] if count == 1 else f"[{','.join(texts)}]", headers, ids

    def bad(self):
        ids = self.ids(1)
        return "POST", "/v1/events?verbose", ledger.event(ids[0], 0, True), {}, ids

    def malformed(self):
        return "POST", "/v1/events", '{"id": "x", ', {}, []

    def unknown_fields(self):
        ids = self.ids(1)
        free = ",".join(f'"field{number}":{number}' for number in range(100))
        return "POST", "/v1/events", ledger.event(ids[0], 0)[:-1] + f',"context":{{{free}}}}}', {}, ids

    def zipped(self, coding):
        method, path, body, _, ids = self.good(200)
        body = gzip.compress(body.encode()) if coding == "gzip" else zstd_plain(body.encode())
        return method, path, body, {"Content-Encoding": coding}, ids

    def browser(self):
        number = self.sent
        return self.good(1, **{"User-Agent": AGENT.format(number % 100), "Accept-Language": f"de,fr;q=0.{number % 9 + 1}",
                               "Referer": f"https://www.google.com/search?q={number}"})

    KINDS = {
        "an event": good, "a bad event": bad, "no JSON": malformed, "a batch": lambda self: self.good(200),
        "many members": unknown_fields, "gzip": lambda self: self.zipped("gzip"), "zstd": lambda self: self.zipped("zstd"),
        "a browser": browser, "metrics": lambda self: ("GET", "/metrics", None, {}, None),
        "ready": lambda self: ("GET", "/ready", None, {}, None),
    }

    def ask(self, daemon, kind):
        """The status; None when the connection was cut."""
        method, path, body, headers, ids = self.KINDS[kind](self)
        port = daemon.admin if ids is None else daemon.port
        with contextlib.suppress(OSError, http.client.HTTPException):
            headers = {"Content-Type": "application/json", **headers}
            status, _, answer = daemon.request(method, path, body, port=port, headers=headers)
            if ids is not None:
                json.loads(answer)                              # whole, whatever it says
            if status == 200:
                self.acknowledged.update(ids or ())
            return status
        return None

    def check(self, daemon, what):
        """The daemon lives, or has ended as it should: then there is a new one."""
        time.sleep(0.01)
        if daemon.process.poll() is None:
            return daemon
        self.assertEqual(daemon.process.returncode, OUT, f"{what}: {self.where()}\n{daemon.log()}")
        self.assertIn("memory is out", daemon.log())
        self.ended += 1
        return self.start_spooling().wait_ready()

    def where(self):
        program = harness.program("MILLRACE", "millrace")
        return subprocess.run(["addr2line", "-fse", program, hex(self.control.where - 1)], capture_output=True, text=True,
                              check=False).stdout

    @staticmethod
    def plans(daemon):
        """How often it has tried to read its plan again."""
        return daemon.log().count("a new plan with ") + daemon.log().count("the old plan stays in force")

    # ---- tests ----

    def test_requests(self):
        daemon, tried = self.start_spooling().wait_ready(), 0
        for kind in self.KINDS:
            self.assertEqual(self.ask(daemon, kind), 400 if kind == "no JSON" else 200, kind)
            for number in pick([1, 2, 3, 4, 5, 6, 7, 8, 12, 20, 50, 150], range(1, 2000)):
                failed = self.control.failed
                self.control.allocation = number
                status = self.ask(daemon, kind)
                daemon = self.check(daemon, f"{kind}, allocation {number}")
                self.control.allocation = 0
                if self.control.failed == failed:
                    break                                       # it needs no more than that
                tried += 1
                self.assertIn(status, (None, 200, 400, 500, 503), kind)
        self.assertGreater(tried, 40)
        self.assertLess(self.ended, tried / 10, "requests that end the daemon")
        ended, reloads = self.ended, pick((1, 5, 30, 100), range(1, 1000))
        for number in reloads:                                  # reading the plan again
            before = self.plans(daemon)
            self.control.allocation = number
            daemon.process.send_signal(signal.SIGHUP)
            harness.wait_until(lambda: daemon.process.poll() is not None or self.plans(daemon) > before, "the plan to be read")
            self.control.allocation = 0
            daemon = self.check(daemon, f"reload, allocation {number}")
        self.assertEqual(self.ask(daemon, "an event"), 200)
        self.kill(daemon)
        daemon = self.start(shims=("memory",)).wait_ready()
        ledger.wait_empty(daemon)
        topic, bad_topic = self.topics()
        found = set(ledger.read_ids(self.kafka.bootstrap, topic)) | set(ledger.read_ids(self.kafka.bootstrap, bad_topic))
        self.assertGreater(len(self.acknowledged), 200)
        self.assertEqual(self.acknowledged - found, set())
        ledger.row("lost", "one allocation after the other fails", sent=self.sent, acknowledged=len(self.acknowledged), lost=0,
                   setting=f"{tried} of requests and {len(reloads)} of reloads; {ended} and {self.ended - ended} of them ended "
                           f"the process with status {OUT}")

    def test_start(self):
        """Ready, or not started with a sentence."""
        self.control.allocations = 0
        daemon = self.start_spooling().wait_ready()
        daemon.stop()
        count = self.control.allocations
        self.assertGreater(count, 500)
        seed = int(os.environ.get("MEMORY_SEED", "0")) or pick(4, random.SystemRandom().randrange(1, 1 << 31))
        chance = random.Random(seed)
        # There are some 17,000; each start is of a fraction of a second.
        print(f"MEMORY_SEED={seed}, of {count} allocations", flush=True)
        for number in sorted(chance.sample(range(1, count), pick(8, 1000))):
            self.control.allocation = number
            daemon = self.start_spooling()
            harness.wait_until(lambda: daemon.process.poll() is not None or "events: http" in daemon.log(),
                               f"allocation {number}")
            if daemon.process.poll() is None:
                self.control.allocation = 0
                self.assertEqual(daemon.stop(), 0, f"allocation {number}: {self.where()}\n{daemon.log()}")
            self.assertIn(daemon.process.returncode, (0, 1, OUT), f"allocation {number}: {self.where()}\n{daemon.log()}")
            if daemon.process.returncode:
                self.assertRegex(daemon.log(), "memory is out|not started because")

    def test_what_it_takes(self):
        """Peak memory under a load far above the limits, with brokers that take nothing: what the how-to says, and no more."""
        mib = 1 << 20
        limits = {"limits.open_bytes": 16, "kafka.queue": 16, "spool.queue": 16}
        settings = {name.replace(".", "__"): f"{size}MiB" for name, size in limits.items()}
        daemon = self.start(journal=False, kafka__brokers=NOWHERE, spool__size="16MiB", **settings).wait_ready()
        book = ledger.Ledger(daemon, clients=1, rate=50).wait(20)
        idle = self.peak(daemon)
        body = "[" + ",".join(shim.event(f"l-0-{number}", 0) for number in range(200)) + "]"
        ending = threading.Event()

        def client():
            while not ending.is_set():
                with contextlib.suppress(OSError, http.client.HTTPException):
                    daemon.request("POST", "/v1/events", body)

        threads = [threading.Thread(target=client) for _ in range(24)]
        for thread in threads:
            thread.start()
        time.sleep(pick(4, 60))
        ending.set()
        for thread in threads:
            thread.join()
        peak, allowed = self.peak(daemon), idle + 1.25 * sum(limits.values()) * mib + 32 * mib
        self.assertLess(peak, allowed)
        self.kill(daemon)
        daemon = self.start(journal=False, spool__drain_rate=0).wait_ready()
        book.wait(20).finish()
        ledger.wait_empty(daemon)
        topic, bad_topic = self.topics()
        found = set(ledger.read_ids(self.kafka.bootstrap, topic)) | set(ledger.read_ids(self.kafka.bootstrap, bad_topic))
        self.assertEqual(set(book.acknowledged) - found, set())
        ledger.row("memory", "24 clients post 0.5 MB each, brokers away, spool full", idle_MiB=int(idle / mib),
                   peak_MiB=int(peak / mib), allowed_MiB=int(allowed / mib))

    @staticmethod
    def peak(daemon):
        with open(f"/proc/{daemon.process.pid}/status", encoding="utf-8") as status:
            return 1024 * int(next(line for line in status if line.startswith("VmHWM")).split()[1])


if __name__ == "__main__":
    ledger.main()
