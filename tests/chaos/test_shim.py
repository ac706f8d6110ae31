#!/usr/bin/env python3
"""The power cut's own test: what the shim writes down and what powercut.py makes of it, by programs of a few calls. Needs no
broker. The programs are Python's, whose os module makes the same calls as C does."""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
from unittest import TestCase as Case

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import powercut
import shim

BEGIN = "import os\nd = os.open('.', os.O_RDONLY | os.O_DIRECTORY)\n"
MAKE = "f = os.open('a', os.O_RDWR | os.O_CREAT)\n"

# name, program, what each model may leave: a set of (name of a file, its bytes) pairs, or None where it may not be decided.
FORGET = [
    ("nothing synced", MAKE + "os.write(f, b'x' * 10)", {}),
    ("a file without its folder", MAKE + "os.write(f, b'x'); os.fsync(f)", {}),
    ("a folder without its file", MAKE + "os.write(f, b'x'); os.fsync(d)", {"a": b""}),
    ("both", MAKE + "os.write(f, b'x'); os.fdatasync(f); os.fsync(d)", {"a": b"x"}),
    ("what came after", MAKE + "os.write(f, b'x'); os.fsync(f); os.fsync(d); os.write(f, b'y'); os.pwrite(f, b'z', 0)",
     {"a": b"x"}),
    ("room of zeros", MAKE + "os.posix_fallocate(f, 0, 8); os.fsync(f); os.fsync(d); os.pwrite(f, b'z', 2)", {"a": bytes(8)}),
    ("cut shorter", MAKE + "os.write(f, b'xyz'); os.fsync(f); os.fsync(d); os.ftruncate(f, 1)", {"a": b"xyz"}),
    ("cut shorter, and synced", MAKE + "os.write(f, b'xyz'); os.ftruncate(f, 1); os.fsync(f); os.fsync(d)", {"a": b"x"}),
    ("appended", "f = os.open('a', os.O_WRONLY | os.O_CREAT | os.O_APPEND); os.write(f, b'x'); os.write(f, b'y'); os.fsync(f); "
                 "os.fsync(d)", {"a": b"xy"}),
    ("renamed", MAKE + "os.write(f, b'x'); os.fsync(f); os.fsync(d); os.rename('a', 'b')", {"a": b"x"}),
    ("renamed, and synced", MAKE + "os.write(f, b'x'); os.fsync(f); os.rename('a', 'b'); os.fsync(d)", {"b": b"x"}),
    ("renamed over another", MAKE + "os.write(f, b'x'); os.fsync(f); g = os.open('b', os.O_RDWR | os.O_CREAT); os.fsync(d); "
                             "os.rename('a', 'b'); os.fsync(d)", {"b": b"x"}),
    ("removed", MAKE + "os.fsync(d); os.unlink('a')", {"a": b""}),
    ("removed, and synced", MAKE + "os.fsync(d); os.unlink('a'); os.fsync(d)", {}),
    ("in a folder of its own", "os.mkdir('s'); e = os.open('s', os.O_RDONLY); f = os.open('s/a', os.O_RDWR | os.O_CREAT); "
                               "os.fsync(f); os.fsync(e)", {}),
    ("in a folder that is synced", "os.mkdir('s'); e = os.open('s', os.O_RDONLY); f = os.open('s/a', os.O_RDWR | os.O_CREAT); "
                                   "os.fsync(f); os.fsync(e); os.fsync(d)", {"s/a": b""}),
    ("a descriptor used again", MAKE + "os.write(f, b'x'); os.close(f); f = os.open('b', os.O_RDWR | os.O_CREAT); os.fsync(f); "
                                "os.fsync(d)", {"a": b"", "b": b""}),
]


class Shim(Case):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory(prefix="millrace-shim-")
        self.addCleanup(self.home.cleanup)
        self.root = pathlib.Path(self.home.name) / "root"
        self.root.mkdir()
        self.control = shim.Control(pathlib.Path(self.home.name) / "control")
        self.journal = pathlib.Path(self.home.name) / "journal"

    def run_program(self, program):
        return subprocess.run([sys.executable, "-S", "-c", BEGIN + program], cwd=self.root, capture_output=True, text=True,
                              env={**os.environ, **shim.environment(self.control, self.root, self.journal)}, check=False)

    def disk(self, program):
        for path in self.root.iterdir():
            path.unlink() if path.is_file() else __import__("shutil").rmtree(path)
        disk = powercut.Disk(self.root, self.journal)
        done = self.run_program(program)
        self.assertEqual(done.returncode, 0, done.stderr)
        disk.replay()
        return disk

    def found(self):
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}

    def test_forgets_what_was_not_synced(self):
        for name, program, want in FORGET:
            with self.subTest(name):
                disk = self.disk(program)
                disk.cut(random.Random(1), "forget")
                self.assertEqual(self.found(), want)

    def test_keep_is_a_kill(self):
        for name, program, _ in FORGET:
            with self.subTest(name):
                disk = self.disk(program)
                before = self.found()
                disk.cut(random.Random(1), "keep")
                self.assertEqual(self.found(), before)

    def test_what_is_synced_stays_in_every_model(self):
        program = MAKE + "os.write(f, b'x' * 9000); os.fdatasync(f); os.fsync(d); os.pwrite(f, b'y' * 9000, 9000)"
        for model in powercut.MODELS:
            for seed in range(30):
                with self.subTest(model, seed=seed):
                    disk = self.disk(program) if seed == 0 else disk
                    if seed == 0:
                        tree = disk.tree
                    disk.tree = tree
                    disk.cut(random.Random(seed), model)
                    self.assertEqual(self.found()["a"][:9000], b"x" * 9000)

    def test_blocks_are_kept_at_random(self):
        """The same seed gives the same disk; other seeds give others, some with holes."""
        disk = self.disk(MAKE + "os.fsync(d); os.pwrite(f, b'y' * 40960, 0)")
        tree, found = disk.tree, []
        for seed in list(range(40)) * 2:
            disk.tree = tree
            disk.cut(random.Random(seed), "ordered")
            found.append(self.found()["a"])
        self.assertEqual(found[:40], found[40:])
        self.assertGreater(len(set(found)), 10)
        self.assertTrue(any(b"\0y" in text for text in found), "no cut left a hole")
        self.assertTrue(any(text == b"" for text in found), "no cut left nothing")

    def test_names_happen_in_their_order(self):
        disk = self.disk("for n in 'abcdefgh': os.close(os.open(n, os.O_WRONLY | os.O_CREAT))")
        tree, ordered, strict = disk.tree, set(), set()
        for seed in range(40):
            for model, names in (("ordered", ordered), ("strict", strict)):
                disk.tree = tree
                disk.cut(random.Random(seed), model)
                names.add("".join(sorted(self.found())))
        self.assertTrue(all("abcdefgh".startswith(names) for names in ordered), ordered)
        self.assertFalse(all("abcdefgh".startswith(names) for names in strict), strict)

    def test_a_failed_sync_is_never_made_good(self):
        """After EIO the kernel counts the pages as clean: the next fsync() succeeds and writes nothing of them."""
        self.control.fail("sync", 5, skip=1, times=1)
        disk = self.disk(MAKE + "os.fsync(d); os.write(f, b'x')\ntry: os.fsync(f)\n"
                         "except OSError: pass\nelse: raise SystemExit(1)\n"
                         "os.pwrite(f, b'y', 1); os.fsync(f)")
        disk.cut(random.Random(1), "forget")
        self.assertEqual(self.found(), {"a": b"\0y"})

    def test_aborts_where_it_is_blind(self):
        for name, program in (("a writable mapping", "import mmap; os.ftruncate(f, 10); mmap.mmap(f, 10)"),
                              ("writev", "os.writev(f, [b'x'])"), ("pwritev", "os.pwritev(f, [b'x'], 0)"),
                              ("sendfile", "os.sendfile(f, 0, 0, 1)"), ("dup", "os.dup2(f, 50)")):
            with self.subTest(name):
                done = self.run_program(MAKE + program)
                self.assertEqual(done.returncode, -6, done.stderr)
                self.assertIn("is not covered", done.stderr)

    def test_a_write_past_the_shim_is_found(self):
        disk = self.disk(MAKE + "os.write(f, b'x')")
        disk.replay()
        (self.root / "a").write_bytes(b"y")
        with self.assertRaisesRegex(AssertionError, "the shim has not seen everything"):
            disk.replay()

    def test_the_clock(self):
        self.control.clock = 3600000
        done = self.run_program("import time; print(time.clock_gettime(time.CLOCK_REALTIME), time.clock_gettime(time.CLOCK_TAI))")
        wall, atomic = map(float, done.stdout.split())
        self.assertAlmostEqual(wall - atomic, 3600, delta=100)


if __name__ == "__main__":
    unittest.main()
