#!/usr/bin/env python3
"""Remote registries and the daemon: an unknown schema is fetched in the background, a dead registry changes nothing, not even
at start, and a slow one does not delay the end. The sink is a folder: no broker is needed."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness


class Registry:
    """A registry in Iglu's layout (tests/unit/schema/registry_server.py) on a port of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        script = harness.ROOT / "tests" / "unit" / "schema" / "registry_server.py"
        self.process = subprocess.Popen([sys.executable, script, folder], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def give(self, name, **schema):
        path = self.folder / "schemas" / "com.remote" / name / "jsonschema" / "1-0-0"
        path.parent.mkdir(parents=True)
        own = {"vendor": "com.remote", "name": name, "format": "jsonschema", "version": "1-0-0"}
        path.write_text(json.dumps({"self": own, **schema}))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Remote(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory(prefix="millrace-remote-")
        self.addCleanup(self.home.cleanup)
        home = pathlib.Path(self.home.name)
        for name in ("registry", "sink"):
            (home / name).mkdir()
        self.registry = Registry(home / "registry")
        self.addCleanup(self.registry.kill)
        self.registry.give("tick", type="object", required=["n"])
        self.settings = {"sink.type": "file", "sink.path": home / "sink", "schemas.cache": home / "cache",
                         "schemas.remote": self.registry.url, "schemas.remote_time": "5s"}
        self.home_path = home

    def post(self, daemon, name, **data):
        _, answer = daemon.post({"dataschema": f"iglu:com.remote/{name}/jsonschema/1-0-0", "data": data}, "/v1/events?verbose")
        return answer

    def wait_accepted(self, daemon, name):
        harness.wait_until(lambda: self.post(daemon, name, n=1)["accepted"] == 1, f"{name} to be known:\n{daemon.log()}")

    def test_unknown_is_fetched_and_kept(self):
        with harness.Daemon(self.settings) as daemon:
            daemon.wait_ready()
            first = self.post(daemon, "tick", n=1)
            self.assertEqual(first["rejected"], 1, first)
            self.wait_accepted(daemon, "tick")
            self.assertEqual(self.post(daemon, "tick")["rejected"], 1)             # n is required: it is checked
            self.assertEqual(self.post(daemon, "never", n=1)["rejected"], 1)
            self.registry.kill()
            self.assertEqual(self.post(daemon, "tick", n=2)["accepted"], 1)
            daemon.metrics()
            self.assertEqual(daemon.stop(), 0, daemon.log())
        with harness.Daemon(self.settings) as daemon:                              # the registry is dead; the cache is not
            daemon.wait_ready()
            self.assertEqual(self.post(daemon, "tick", n=3)["accepted"], 1, daemon.log())
            self.assertEqual(daemon.stop(), 0, daemon.log())
        rejected = (self.home_path / "sink" / "events-bad.ndjson").read_text()
        self.assertIn("schema_unknown", rejected)

    def test_slow_registry_does_not_delay_the_end(self):
        with harness.Daemon({**self.settings, "schemas.remote_time": "60s"}) as daemon:
            daemon.wait_ready()
            self.wait_accepted(daemon, "tick")                                     # the first refresh is over
            daemon.post({"dataschema": "com.slow/x/1-0-0", "data": {}})
            harness.wait_until(lambda: "/schemas/com.slow/" in self.registry.process.stdout.readline(), "the request")
            daemon.process.terminate()
            self.assertEqual(daemon.process.wait(6), 0)                            # it answers after 8 s

    def test_mistakes_are_reported_at_start(self):
        with harness.Daemon({**self.settings, "schemas.remote": "ftp://registry.example"}) as daemon:
            self.assertNotEqual(daemon.process.wait(harness.PATIENCE), 0)
            self.assertIn("'ftp://registry.example': it is not a URL", daemon.log())

    def test_check_follows_references(self):
        plan = self.home_path / "plan" / "com.own" / "tock" / "jsonschema"
        plan.mkdir(parents=True)
        (plan / "1-0-0").write_text('{"$ref": "iglu:com.remote/tick/jsonschema/1-0-0"}')
        settings = {**self.settings, "schemas.path": self.home_path / "plan"}
        command = [harness.program("MILLRACE", "millrace"), "check"]
        for name, value in settings.items():
            command += ["--set", f"{name}={value}"]
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("2 schemas", done.stdout)


if __name__ == "__main__":
    unittest.main()
