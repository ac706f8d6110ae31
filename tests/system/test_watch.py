#!/usr/bin/env python3
"""Files that change under a running daemon: a new database is in force a moment later, a broken one changes nothing."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness

LOOK = "300ms"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="millrace-watch-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "sink").mkdir()
        self.database = self.folder / "places.mmdb"

    def write(self, path, city):
        networks = json.dumps({"81.2.69.0/24": {"city": city}})
        subprocess.run([harness.program("MMDB_WRITE", "mmdb_write"), path], input=networks, text=True, check=True)

    def daemon(self, **settings):
        return harness.Daemon({"sink.type": "file", "sink.path": self.folder / "sink", "enrich.order": "client, geo",
                               "enrich.geo.databases": self.database, "enrich.watch": LOOK, **settings})

    def city(self, daemon):
        """Where an event comes from now."""
        event = {"id": "e", "type": "sign_up", "data": {"method": "email", "country": "DE"}, "context": {"ip": "81.2.69.160"}}
        self.assertEqual(daemon.post(event)[0], 200)
        record = json.loads((self.folder / "sink" / "events.ndjson").read_text().splitlines()[-1])
        self.assertNotIn("81.2.69.160", json.dumps(record))
        return record["client"].get("geo", {}).get("city_name")

    def counted(self, daemon, name, number):
        harness.wait_until(lambda: daemon.metrics()[f"millrace_{name}_total"] == number, f"{name} to be {number}")


class Watch(Case):
    def test_a_new_database_is_taken_and_a_broken_one_is_not(self):
        self.write(self.database, "Before")
        with self.daemon() as daemon:
            daemon.wait_ready()
            self.assertEqual(self.city(daemon), "Before")
            # Another file in its place.
            self.write(self.folder / "new.mmdb", "After the swap")
            os.replace(self.folder / "new.mmdb", self.database)
            harness.wait_until(lambda: self.city(daemon) == "After the swap", "the new database")
            reloads = daemon.metrics()["millrace_plan_reloads_total"]
            # Cut off: the old one serves on, and nobody tries it twice.
            whole = self.database.read_bytes()
            self.database.write_bytes(whole[: len(whole) // 2])
            self.counted(daemon, "plan_reload_failures", 1)
            self.assertIn("it is no MaxMind DB file, or it is cut off", daemon.log())
            self.assertEqual(self.city(daemon), "After the swap")
            # Gone: again nothing changes.
            self.database.unlink()
            self.counted(daemon, "plan_reload_failures", 2)
            self.assertEqual(self.city(daemon), "After the swap")
            # Whole again, written over.
            self.write(self.database, "In the end")
            harness.wait_until(lambda: self.city(daemon) == "In the end", "the repaired database")
            self.assertEqual(daemon.metrics()["millrace_plan_reloads_total"], reloads + 1)
            self.assertEqual(daemon.metrics()["millrace_plan_reload_failures_total"], 2)
            self.assertEqual(daemon.stop(), 0)
            self.assertNotIn("81.2.69.160", daemon.log())

    def test_nobody_looks_when_told_not_to(self):
        self.write(self.database, "Before")
        with self.daemon(**{"enrich.watch": "0s"}) as daemon:
            daemon.wait_ready()
            self.write(self.database, "After")
            self.assertRaises(AssertionError, harness.wait_until, lambda: self.city(daemon) == "After", "nothing", patience=2)
            self.assertEqual(daemon.metrics()["millrace_file_changes_total"], 0)
            daemon.stop()


if __name__ == "__main__":
    harness.main()
