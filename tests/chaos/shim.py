"""The tests' side of the shims: what is preloaded, and what is disturbed while the daemon runs (shim_control.h)."""
import mmap
import os
import pathlib
import struct

import ledger
import powercut
from ledger import harness

RULE, FAULTS = struct.Struct("<4i"), ("write", "sync", "read", "open", "allocate")
FIELDS = {"sync_delay": "<i", "partial": "<i", "clock": "<q", "allocation": "<q", "allocations": "<q", "failed": "<q",
          "forever": "<q", "where": "<Q"}
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Control:
    """control.clock = 3600000; control.fail("sync", errno.EIO)"""

    def __init__(self, path):
        self.__dict__["path"] = pathlib.Path(path)
        places, at = {}, RULE.size * len(FAULTS)
        for name, form in FIELDS.items():
            places[name] = (struct.Struct(form), at)
            at += struct.calcsize(form)
        self.path.write_bytes(bytes(at))
        with open(self.path, "r+b") as file:
            self.__dict__["memory"] = mmap.mmap(file.fileno(), at)
        self.__dict__["places"] = places

    def __getattr__(self, name):
        form, at = self.places[name]
        return form.unpack_from(self.memory, at)[0]

    def __setattr__(self, name, value):
        form, at = self.places[name]
        form.pack_into(self.memory, at, value)

    def fail(self, fault, error, skip=0, times=-1):
        """After `skip` calls that go well `times` calls fail; -1: all."""
        RULE.pack_into(self.memory, RULE.size * FAULTS.index(fault), error, skip, times, 0)

    def heal(self):
        for fault in FAULTS:
            RULE.pack_into(self.memory, RULE.size * FAULTS.index(fault), 0, 0, 0, 0)

    def hits(self, fault):
        return RULE.unpack_from(self.memory, RULE.size * FAULTS.index(fault))[3]


def library(name):
    """The path of a shim: named by ctest, or in the newest build of the dev preset."""
    return os.environ.get(f"SHIM_{name.upper()}_SO") or str(ROOT / "build" / "dev" / f"shim_{name}.so")


def environment(control, folder=None, journal=None, shims=("disk",)):
    """Variables of a process that is to be disturbed."""
    variables = {"LD_PRELOAD": ":".join(library(name) for name in shims), "SHIM_CONTROL": str(control.path)}
    if folder:
        variables["SHIM_ROOT"] = str(folder)
    if journal:
        variables["SHIM_JOURNAL"] = str(journal)
    return variables


def event(number, client, bad=False):
    """For a Ledger: some are small, some fill several blocks, so that a segment is soon full."""
    data = '{"ulr":"x"}' if bad else f'{{"url":"https://shop.example/{number}"}}'
    padding = "x" * (int(number.rsplit("-", 1)[1]) % 23) ** 3
    return f'{{"id":"{number}","type":"page_view","userId":"u{client}","subject":"{padding}","data":{data}}}'


class Case(ledger.Case):
    """Daemons, one after the other, on the same port and the same disk, which the shim watches."""

    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka()

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()

    def setUp(self):
        self.home = self.folder()
        self.root = self.home / "disk"
        self.root.mkdir()
        self.control = Control(self.home / "control")
        self.journal = self.home / "journal"
        self.port = harness.free_port()

    def start(self, before=(), journal=True, shims=("disk",), **settings):
        topic, bad_topic = self.topics()
        settings = {"kafka.brokers": self.kafka.bootstrap, "kafka.topic": topic, "kafka.bad_topic": bad_topic,
                    "worker.threads": 1, "spool.path": self.root / "spool", "spool.reserve": 0, "spool.segment": "1MiB",
                    "spool.after": "1s", "http.listen": f"127.0.0.1:{self.port}",
                    **{key.replace("__", "."): value for key, value in settings.items()}}
        variables = environment(self.control, self.root, self.journal if journal else None, shims)
        daemon = harness.Daemon(settings, environment=variables, before=before)
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.port = self.port
        return daemon

    def kill(self, daemon):
        daemon.process.kill()
        daemon.process.wait()

    def disk(self):
        return powercut.Disk(self.root, self.journal)

    def finish(self, daemon, book, what, keyed=False, **figures):
        """Clients end, the spool drains, everything is counted; `keyed`: and is in order."""
        book.finish()
        ledger.wait_empty(daemon)
        self.assertEqual(daemon.stop(), 0, daemon.log())
        book.count(self.kafka, *self.topics(), keyed=keyed)
        ledger.row("lost", what, **book.figures(), **figures)
