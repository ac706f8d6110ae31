#!/usr/bin/env python3
"""Disks that are full, slow, read-only or broken, files that cannot be opened, clocks that jump: events are refused while it
lasts, with a reason, taken again without a restart when it is over, and what was acknowledged is on its topic."""
import contextlib
import errno
import os
import random
import signal
import socket
import subprocess
import time

import ledger
import shim
from ledger import harness, pick
from shim import Case

NOWHERE = "127.0.0.1:9"                                         # brokers that are away
HOUR = 3_600_000

# What fails, how, and whether half of it is done before.
DISKS = [
    ("a disk that is full in the middle of a write", "write", errno.ENOSPC, 1),
    ("fdatasync fails", "sync", errno.EIO, 0),
    ("a disk that gets full while a segment is made", "allocate", errno.ENOSPC, 0),
    ("files cannot be opened", "open", errno.EMFILE, 0),
    ("writes fail", "write", errno.EIO, 0),
    ("a file system that has become read-only", "open", errno.EROFS, 0),
    ("a quota is used up", "allocate", errno.EDQUOT, 0),
    ("writes fail half way", "write", errno.EIO, 1),
]


class Faults(Case):
    def wait_refusing(self, daemon, book):
        """The daemon says that it takes none, and clients hear the same."""
        before = book.statuses[503]
        harness.wait_until(lambda: book.statuses[503] > before + 2, "events to be refused")
        harness.wait_until(lambda: daemon.get("/ready")[0] == 503, "not to be ready")
        found = daemon.metrics()
        self.assertEqual(found["millrace_spool_healthy"], 0)
        self.assertGreater(found["millrace_events_refused_total"], 0)
        status, headers, body = daemon.request("POST", "/v1/events", shim.event("x-0-1", 0))
        self.assertEqual(status, 503, body)
        self.assertIn("Retry-After", headers)

    def test_disks(self):
        """In each case: refused with a reason while it lasts, taken again without a restart; a power cut at the end finds out
        whether what was believed to be durable is. The brokers are away, so that nothing else has the events."""
        disk = self.disk()
        daemon = self.start(kafka__brokers=NOWHERE).wait_ready()
        book = ledger.Ledger(daemon, rate=600, make=shim.event).wait(100)
        rows = pick(DISKS[:4], DISKS * 3)
        for number, (name, fault, error, partial) in enumerate(rows):
            with self.subTest(name):
                self.control.partial = partial
                self.control.fail(fault, error, skip=number % 3)
                self.wait_refusing(daemon, book)
                self.assertGreater(self.control.hits(fault), 0)
                self.control.heal()
                daemon.wait_ready()
                book.wait(100)
                self.kill(daemon)                               # with all that is in the kernel's memory only
                disk.replay()
                disk.cut(random.Random(number), "forget")
                daemon = self.start(kafka__brokers=NOWHERE).wait_ready()
        for number in range(pick(2, 30)):
            self.control.fail("sync", errno.EIO, times=1)       # a second try would say that all is well
            harness.wait_until(lambda: self.control.hits("sync") == 1, "fdatasync to fail")
            book.wait(50)
            self.kill(daemon)
            disk.replay()
            disk.cut(random.Random(number), "forget")
            daemon = self.start(kafka__brokers=NOWHERE).wait_ready()
        self.kill(daemon)
        daemon = self.start().wait_ready()
        self.finish(daemon, book, "the disk fails in one way after the other, and the power after each",
                    setting="; ".join(dict.fromkeys(row[0] for row in rows)))

    def test_a_disk_that_does_not_read(self):
        """While the spool drains: it waits, and goes on."""
        daemon = self.start(kafka__brokers=NOWHERE).wait_ready()
        book = ledger.Ledger(daemon, rate=600, make=shim.event).wait(600)
        self.kill(daemon)
        daemon = self.start(journal=False, spool__drain_rate="2MiB").wait_ready()
        self.control.fail("read", errno.EIO)
        harness.wait_until(lambda: self.control.hits("read") > 3, "reads that fail")
        self.control.heal()
        book.wait(100)
        self.finish(daemon, book, "a disk that does not read for a while")

    def test_a_disk_that_does_not_read_at_the_start(self):
        """Neither what tells how far the spool was delivered nor its records: the service waits for the one, and takes events
        while it asks for the others again. Nothing is passed over, and nothing is taken for damaged."""
        daemon = self.start(kafka__brokers=NOWHERE).wait_ready()
        book = ledger.Ledger(daemon, rate=600, make=shim.event).wait(200)
        self.kill(daemon)
        self.control.fail("read", errno.EIO, times=2)
        daemon = self.start(journal=False)
        harness.wait_until(lambda: "position: cannot be read" in daemon.log(), "a start that waits")
        daemon.wait_ready()
        self.kill(daemon)
        self.control.fail("read", errno.EIO, skip=1)            # the file `position` is read
        daemon = self.start(journal=False).wait_ready()
        harness.wait_until(lambda: "the disk does not give segment" in daemon.log(), "reads that fail")
        self.assertGreater(daemon.metrics()["millrace_spool_unread_bytes"], 0)
        book.wait(100)
        self.control.heal()
        self.finish(daemon, book, "a disk that does not read for a while at the start")
        self.assertNotIn("damaged", daemon.log())
        self.assertFalse((self.root / "spool" / "damaged").exists())

    def test_a_slow_disk(self):
        """Each fdatasync takes most of a second: commits get larger, others are served as always, nobody is refused."""
        delay = pick(700, 3000)
        daemon = self.start(sink__ack="spool", worker__threads=2).wait_ready()
        book = ledger.Ledger(daemon, clients=12, rate=2000).wait(100)
        self.control.sync_delay = delay
        before = daemon.metrics()
        book.wait(pick(1000, 4000))         # some hundred a commit, as many as the clients have open
        for _ in range(20):                                     # these do not wait for the disk
            self.assertEqual(daemon.request("POST", "/v1/nothing", "{}")[0], 404)
        self.assertEqual(daemon.get("/ready")[0], 200)
        found = daemon.metrics()
        records, commits, slept = (found[f"millrace_spool_{name}"] - before[f"millrace_spool_{name}"] for name in
                                   ("written_records_total", "commits_total", "commit_seconds_total"))
        self.assertGreater(slept, commits * delay / 1000 * 0.5)
        self.assertGreater(records / commits, 50, "records a commit")
        self.control.sync_delay = 0
        self.assertEqual(book.refused, set())
        self.finish(daemon, book, f"fdatasync takes {delay / 1000:g} s", setting=f"records a commit: {records / commits:.0f}")

    def test_a_full_disk(self):
        """A file system that another program fills: refused, and taken again when there is room. And one that is full when the
        daemon starts: it drains what is there, which makes room."""
        self.root = self.small_disk("24m")
        daemon = self.start(kafka__brokers=NOWHERE, journal=False).wait_ready()
        book = ledger.Ledger(daemon, rate=600, make=shim.event).wait(100)
        self.fill(self.root / "filler")
        self.wait_refusing(daemon, book)
        (self.root / "filler").unlink()
        daemon.wait_ready()
        book.wait(300)
        self.fill(self.root / "filler")
        self.wait_refusing(daemon, book)
        self.kill(daemon)
        daemon = self.start(journal=False)
        book.wait(300)
        (self.root / "filler").unlink()
        self.finish(daemon, book, "a full disk")

    def test_no_more_descriptors(self):
        """Idle clients take every connection there is: the oldest give way, Kafka and the disk keep theirs."""
        daemon = self.start(before=("prlimit", "--nofile=160:160"), journal=False, sink__ack="spool").wait_ready()
        self.assertRegex(daemon.log(), "warning: http.connections is 65536, but the process may open 160 files only")
        book = ledger.Ledger(daemon, rate=400, make=shim.event).wait(100)
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(socket.create_connection(("127.0.0.1", self.port))) for _ in range(pick(400, 4000))]
            book.wait(300)
            self.assertEqual(len(idle), pick(400, 4000))
            open_files = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
            self.assertLess(open_files, 160)
        book.wait(300)
        self.finish(daemon, book, "no more files may be opened", setting=f"open files: {open_files} of 160")

    def test_the_clock_jumps(self):
        """An hour forward, an hour back, a day; with an outage in between. No time goes backwards that anybody sees."""
        daemon = self.start(kafka__brokers=NOWHERE, http__idle_time="5s").wait_ready()
        book = ledger.Ledger(daemon, rate=300).wait(100)
        for ahead in pick((HOUR, -HOUR), (HOUR, -HOUR, 0, 24 * HOUR, -24 * HOUR, 0)):
            self.control.clock = ahead
            book.wait(100)
            found = daemon.metrics()
            self.assertEqual({name: value for name, value in found.items() if value < 0}, {})
            self.assertEqual(daemon.get("/ready")[0], 200)
        self.kill(daemon)
        daemon = self.start(http__idle_time="5s").wait_ready()
        for ahead in pick((HOUR, -HOUR), (HOUR, -HOUR, 0, 24 * HOUR, -24 * HOUR)):
            self.control.clock = ahead
            book.wait(100)
        self.control.clock = 0
        daemon.process.send_signal(signal.SIGHUP)
        book.wait(100)
        self.finish(daemon, book, "the clock jumps an hour either way")


if __name__ == "__main__":
    ledger.main()
