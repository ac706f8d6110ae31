"""What the daemon gives up once it runs: its user, core dumps, system calls; in every thread, and for good."""
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from harness import ROOT, Daemon, main, program, wait_until

SANITIZED = b"__asan_init" in pathlib.Path(program("MILLRACE", "millrace")).read_bytes()
EVENT = {"method": "email", "country": "DE"}


def statuses(pid):
    """/proc/PID/status of every thread."""
    found = []
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        lines = (thread / "status").read_text(encoding="utf-8").splitlines()
        found.append({name: value.split() for name, value in (line.split(":", 1) for line in lines)})
    return found


class Case(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="millrace-process-"))
        self.addCleanup(shutil.rmtree, self.home)
        (self.home / "sink").mkdir()
        self.settings = {"sink.type": "file", "sink.path": self.home / "sink"}

    def post(self, daemon):
        status, _, body = daemon.request("POST", "/v1/events/com.acme/sign_up/1-0-0", json.dumps(EVENT))
        self.assertEqual((status, json.loads(body)), (200, {"accepted": 1, "rejected": 0}))


class Confined(Case):
    def test_every_thread_is_confined(self):
        with Daemon(self.settings).wait_ready() as daemon:
            self.post(daemon)
            for status in statuses(daemon.process.pid):
                self.assertEqual(status["NoNewPrivs"], ["1"], status["Name"])
                self.assertEqual(status["Seccomp"], ["0" if SANITIZED else "2"], status["Name"])
            limits = pathlib.Path(f"/proc/{daemon.process.pid}/limits").read_text(encoding="utf-8")
            self.assertRegex(limits, r"Max core file size +0 +0 ")

    def test_it_can_be_left_off(self):
        with Daemon({**self.settings, "process.seccomp": "false"}).wait_ready() as daemon:
            self.post(daemon)
            self.assertEqual({status["Seccomp"][0] for status in statuses(daemon.process.pid)}, {"0"})


class Unconfined(Case):
    """The kernel takes no filter of system calls: nobody is answered by a process that is not confined."""

    def setUp(self):
        super().setUp()
        if SANITIZED:
            self.skipTest("a sanitizer needs calls that the filter does not allow")
        self.answers = []

    def knock(self, port):
        """Until the daemon is gone."""
        while self.daemon.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as client:
                client.settimeout(0.2)
                client.sendall(b"GET /ready HTTP/1.1\r\nHost: a\r\n\r\n")
                self.answers.append(client.recv(4096))

    def test_nobody_is_answered(self):
        shim = {"LD_PRELOAD": program("SHIM_SECCOMP_SO", "shim_seccomp.so")}
        with Daemon(self.settings, environment=shim) as self.daemon:
            threads = [threading.Thread(target=self.knock, args=(port,)) for port in (self.daemon.port, self.daemon.admin)]
            for thread in threads:
                thread.start()
            self.assertEqual(self.daemon.process.wait(60), 1)
            for thread in threads:
                thread.join()
            self.assertIn("the filter of system calls cannot be set up: Bad address", self.daemon.log())
        self.assertEqual([answer for answer in self.answers if answer], [])

    def test_unless_it_is_not_wanted(self):
        shim = {"LD_PRELOAD": program("SHIM_SECCOMP_SO", "shim_seccomp.so")}
        with Daemon({**self.settings, "process.seccomp": "false"}, environment=shim).wait_ready() as daemon:
            self.post(daemon)


class Another(Case):
    """As another user, whom the folder of the sink belongs to."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.assertNotIn("CI", os.environ, "CI runs as root")
            self.skipTest("needs root")
        self.user = pwd.getpwnam("nobody")
        os.chmod(self.home, 0o755)
        os.chown(self.home / "sink", self.user.pw_uid, self.user.pw_gid)
        self.settings["process.user"] = "nobody"

    def test_reload_and_events_as_that_user(self):
        with Daemon({**self.settings, "worker.threads": 3}).wait_ready() as daemon:
            os.chmod(daemon.home, 0o755)
            for status in statuses(daemon.process.pid):
                self.assertEqual(status["Uid"], [str(self.user.pw_uid)] * 4, status["Name"])
                self.assertEqual(status["Gid"], [str(self.user.pw_gid)] * 4, status["Name"])
                self.assertNotIn("0", status["Groups"])
                self.assertEqual({int(status[f"Cap{kind}"][0], 16) for kind in ("Eff", "Prm", "Inh", "Amb")}, {0})
            for _ in range(20):
                self.post(daemon)
            daemon.process.send_signal(1)
            wait_until(lambda: "is in force" in daemon.log(), "the reload")
            self.post(daemon)
            for file in (self.home / "sink").iterdir():
                self.assertEqual(file.stat().st_uid, self.user.pw_uid)

    def test_check_tells_what_that_user_cannot_read(self):
        key = self.home / "key"
        key.write_text("0123456789abcdef0123456789abcdef")
        key.chmod(0o600)
        command = [program("MILLRACE", "millrace"), "check", "--set", f"schemas.path={ROOT / 'schemas'}"]
        for name, value in {**self.settings, "enrich.client.ip": "hash", "enrich.client.key": key}.items():
            command += ["--set", f"{name}={value}"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"process.user: 'nobody' cannot read '{key}': Permission denied", done.stderr)


if __name__ == "__main__":
    main()
