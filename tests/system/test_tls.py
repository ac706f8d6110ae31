"""TLS with the clients that people have: curl, OpenSSL's s_client, Python, Node. The sink is a folder; no broker is needed."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import harness

sys.path.insert(0, str(harness.ROOT / "tests" / "golden"))
from over_tls import make_certificate  # noqa: E402: the golden tests' own

EVENT = {"type": "page_view", "userId": "u-1", "data": {"url": "https://shop.example/"}}
TOOLS = ("openssl", "curl", "node")
RSA = ("rsa:2048",)


def run(*command, **further):
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=harness.PATIENCE, check=False,
                          **{"stdin": subprocess.DEVNULL, **further})


class Case(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="millrace-tls-"))
        self.addCleanup(shutil.rmtree, self.home)
        (self.home / "sink").mkdir()

    def daemon(self, certificates, listener=None, environment=None, **settings):
        self.port = harness.free_port()
        settings = {name.replace("__", "."): value for name, value in settings.items()}
        daemon = harness.Daemon({"http.listen": "", "tls.listen": f"127.0.0.1:{self.port}", "sink.type": "file",
                                 "tls.certificates": ",".join(str(c) for c in certificates), "sink.path": self.home / "sink",
                                 "enrich.order": "reception", **settings}, listener=listener, environment=environment)
        self.addCleanup(daemon.__exit__)
        return daemon.wait_ready()

    def counted(self, daemon, series):
        text = daemon.get("/metrics")[2].decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(series))

    def context(self, authority, **settings):
        context = ssl.create_default_context(cafile=authority)
        for name, value in settings.items():
            setattr(context, name, value)
        return context

    def meet(self, context, name="localhost"):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=harness.PATIENCE)
        return context.wrap_socket(plain, server_hostname=name)

    def serial(self, name):
        """Of the certificate that the server shows for a name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with self.meet(context, name) as tls:
            return ssl.DER_cert_to_PEM_cert(tls.getpeercert(True)).strip()

    def certificate_in(self, path):
        text = path.read_text()
        return text[text.index("-----BEGIN CERTIFICATE"):].strip()


class Ended(Exception):
    """By a close_notify."""


def ask(tls, body):
    """One request on a connection that stays; (status, answer)."""
    data = json.dumps(body).encode()
    tls.sendall(b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" %
                len(data) + data)
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = tls.recv(65536)
        if not piece:
            raise Ended(f"the connection ended after {answer!r}")
        answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(rest) < length:
        rest += tls.recv(65536)
    return int(head.split()[1]), json.loads(rest)


class Clients(Case):
    def curl(self, *words, name="localhost"):
        done = run("curl", "-sS", "-o", "-", "-w", "%{http_code}", "--resolve", f"{name}:{self.port}:127.0.0.1",
                   "-d", json.dumps(EVENT), *words, f"https://{name}:{self.port}/v1/events")
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_curl(self):
        mine, other = make_certificate(self.home), make_certificate(self.home, ("other",), name="other")
        daemon = self.daemon([mine])
        rows = (
            ("1.2", ("--cacert", mine, "--tls-max", "1.2"), 0),
            ("1.3", ("--cacert", mine, "--tlsv1.3"), 0),
            ("another authority", ("--cacert", other), 60),
            ("1.1", ("--cacert", mine, "--tlsv1.0", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0"), 35),
            ("an unknown name", ("--cacert", mine, "-H", "Host: localhost"), 60),
        )
        for what, words, want in rows:
            with self.subTest(what):
                status, out, err = self.curl(*words, name="unknown.example" if "name" in what else "localhost")
                self.assertEqual(status, want, err)
                self.assertEqual(out[-3:], "000" if want else "200")
        failures = "millrace_tls_handshake_failures_total"
        harness.wait_until(lambda: self.counted(daemon, failures + '{reason="alert"}') == 1 and
                           self.counted(daemon, failures + '{reason="unsupported"}') == 1, "the failures to be counted")

    def test_names_and_kinds_of_keys(self):
        rsa = make_certificate(self.home, ("shop.example", "*.shop.example"), RSA, name="rsa")
        ec = make_certificate(self.home, ("shop.example",), name="ec")
        first = make_certificate(self.home, ("first.example",), name="first")
        self.daemon([first, rsa, ec])
        for name, want in (("first.example", first), ("nobody.example", first), ("a.shop.example", rsa)):
            self.assertEqual(self.serial(name), self.certificate_in(want), name)
        for kind, want in (("ECDSA+SHA256", ec), ("RSA-PSS+SHA256", rsa)):
            done = run("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-servername", "shop.example",
                       "-sigalgs", kind)
            self.assertIn(self.certificate_in(want), done.stdout.decode(), kind)

    def test_certificates_of_clients(self):
        mine, client = make_certificate(self.home), make_certificate(self.home, ("client",), name="client")
        stranger = make_certificate(self.home, ("stranger",), name="stranger")
        daemon = self.daemon([mine], tls__client="require", tls__client_ca=client)
        for what, words, good in (("its own", ("--cert", client, "--key", client.with_suffix(".key")), True),
                                  ("none", (), False),
                                  ("a stranger's", ("--cert", stranger, "--key", stranger.with_suffix(".key")), False)):
            with self.subTest(what):
                status, out, err = self.curl("--cacert", mine, *words)
                self.assertEqual((status == 0, out[-3:]), (good, "200" if good else "000"), err)
        harness.wait_until(lambda: self.counted(daemon, "millrace_tls_client_certificates_total") == 1 and self.counted(
            daemon, 'millrace_tls_handshake_failures_total{reason="certificate"}') == 2, "both to be counted")

    def test_only_these_ciphers(self):
        """Every cipher that this OpenSSL knows is tried alone."""
        ec, rsa = make_certificate(self.home), make_certificate(self.home, key=RSA, name="rsa")
        self.daemon([ec, rsa])
        known = run("openssl", "ciphers", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").stdout.decode().strip().split(":")
        taken = set()
        for cipher in known:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            try:
                context.set_ciphers(cipher + ":@SECLEVEL=0")
            except ssl.SSLError:
                continue
            with contextlib.suppress(ssl.SSLError, OSError), self.meet(context) as tls:
                taken.add(tls.cipher()[0])
        self.assertGreater(len(known), 60)
        self.assertEqual(taken, {f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA")
                                 for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")})

    def test_resumption(self):
        """s_client takes its session to another worker, to another connection, and over a reload."""
        mine, session = make_certificate(self.home), self.home / "session"
        daemon = self.daemon([mine], worker__threads=2)
        request = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        for version in ("-tls1_2", "-tls1_3"):
            words = ("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-CAfile", mine, version, "-ign_eof")
            done = run(*words, "-sess_out", session, stdin=None, input=request)
            self.assertIn(b"New, TLSv1", done.stdout)
            for attempt in range(4):
                if attempt == 2:
                    before = daemon.metrics()["millrace_plan_reloads_total"]
                    daemon.process.send_signal(signal.SIGHUP)
                    harness.wait_until(lambda: daemon.metrics()["millrace_plan_reloads_total"] == before + 1, "the reload")
                done = run(*words, "-sess_in", session, stdin=None, input=request)
                self.assertIn(b"Reused, TLSv1", done.stdout, version)
                self.assertIn(b"HTTP/1.1 404", done.stdout)
        for version in ("1.2", "1.3"):
            series = f'millrace_tls_handshakes_total{{version="{version}",resumed="yes"}}'
            harness.wait_until(lambda: self.counted(daemon, series) == 4, series)

    def test_renegotiation(self):
        mine = make_certificate(self.home)
        daemon = self.daemon([mine])
        with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_2"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
            harness.wait_until(lambda: self.counted(daemon, "millrace_tls_handshakes_total") == 1, "the handshake")
            out, _ = client.communicate(b"R\n", timeout=harness.PATIENCE)
        self.assertIn(b"RENEGOTIATING", out)
        self.assertIn(b"no renegotiation", out.lower())
        self.assertEqual(self.counted(daemon, "millrace_tls_handshakes_total"), 1)

    def test_node(self):
        """A hundred requests of an agent that keeps its connections."""
        mine = make_certificate(self.home)
        daemon = self.daemon([mine])
        script = """
            const https = require('https'), fs = require('fs');
            const agent = new https.Agent({ keepAlive: true, maxSockets: 4, ca: fs.readFileSync(process.argv[1]) });
            let good = 0, left = 100;
            for (let i = 0; i < 100; i++) {
                const request = https.request({ agent, host: '127.0.0.1', servername: 'localhost', port: +process.argv[2],
                    path: '/v1/events', method: 'POST', headers: { 'Content-Type': 'application/json' } }, answer => {
                    good += answer.statusCode === 200;
                    answer.resume().on('end', () => { if (!--left) { console.log(good); agent.destroy(); } });
                });
                request.on('error', error => { console.log(error.message); process.exit(1); });
                request.end(process.argv[3]);
            }"""
        done = run("node", "-e", script, mine, self.port, json.dumps(EVENT))
        self.assertEqual(done.stdout.decode().strip(), "100", done.stderr.decode())
        self.assertLessEqual(self.counted(daemon, "millrace_tls_handshakes_total"), 4)

    def test_sockets_of_systemd(self):
        mine = make_certificate(self.home)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.daemon([mine], listener=listener, environment={"LISTEN_FDNAMES": "events-tls"}, tls__listen="")
            self.port = listener.getsockname()[1]
            with self.meet(self.context(mine)) as tls:
                self.assertEqual(ask(tls, EVENT)[0], 200)

    def test_a_proxy_in_front(self):
        """Its header comes before TLS."""
        mine = make_certificate(self.home)
        self.daemon([mine], http__proxy_protocol="true", http__trusted_proxies="127.0.0.0/8")
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=harness.PATIENCE)
        plain.sendall(b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 443\r\n")
        with self.context(mine).wrap_socket(plain, server_hostname="localhost") as tls:
            self.assertEqual(ask(tls, EVENT)[0], 200)


class Files(Case):
    def replaced(self, path, name, **further):
        """Another certificate takes the place of a file, as renewal does."""
        new = make_certificate(self.home, name=name, **further)
        os.replace(new.with_suffix(".key"), path.with_suffix(".key"))
        os.replace(new, path)

    def test_reload_under_load(self):
        """New certificates come by signal and by the watch, a broken one does not; no request fails, no connection ends."""
        mine = make_certificate(self.home)
        daemon = self.daemon([mine], enrich__watch="200ms")
        context, over, wrong, asked = self.context(mine), threading.Event(), [], [0] * 4

        def load(index):
            try:
                with self.meet(context) as tls:
                    while not over.is_set():
                        status, _ = ask(tls, EVENT)
                        asked[index] += 1
                        if status != 200:
                            raise ConnectionError(str(status))
            except (Ended, OSError) as mistake:
                wrong.append(repr(mistake))

        threads = [threading.Thread(target=load, args=(i,)) for i in range(len(asked))]
        for thread in threads:
            thread.start()
        try:
            harness.wait_until(lambda: all(asked), "the load")
            self.replaced(mine, "second")
            harness.wait_until(lambda: self.serial("localhost") == self.certificate_in(mine), "the watch to see the second")
            served = self.serial("localhost")
            alien = make_certificate(self.home, name="alien")
            mine.with_suffix(".key").write_text(alien.with_suffix(".key").read_text())
            failures = "millrace_plan_reload_failures_total"
            harness.wait_until(lambda: daemon.metrics()[failures] > 0, "the broken pair to be refused")
            self.assertEqual(self.serial("localhost"), served)
            self.assertIn("belongs to another certificate", daemon.log())
            before = daemon.metrics()["millrace_plan_reloads_total"]
            self.replaced(mine, "third")
            daemon.process.send_signal(signal.SIGHUP)
            harness.wait_until(lambda: self.serial("localhost") == self.certificate_in(mine), "the third")
            self.assertGreater(daemon.metrics()["millrace_plan_reloads_total"], before)
            marks = list(asked)
            harness.wait_until(lambda: all(now > then for now, then in zip(asked, marks)), "the load to go on")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])

    def test_drain(self):
        """Stopped under load: what was acknowledged is in the sink, and every connection is told goodbye."""
        mine = make_certificate(self.home)
        daemon = self.daemon([mine])
        context, acknowledged, ends = self.context(mine), [[] for _ in range(4)], []

        def load(index):
            with self.meet(context) as tls:
                tls.suppress_ragged_eofs = False
                try:
                    while True:
                        status, answer = ask(tls, {**EVENT, "id": f"{index}-{len(acknowledged[index])}"})
                        if status == 200:
                            acknowledged[index].append(answer)
                except (Ended, OSError) as end:            # a reset: the server left while the next request was under way
                    ends.append(end)

        threads = [threading.Thread(target=load, args=(i,)) for i in range(len(acknowledged))]
        for thread in threads:
            thread.start()
        harness.wait_until(lambda: all(len(a) > 5 for a in acknowledged), "the load")
        status = daemon.stop()
        for thread in threads:
            thread.join()
        self.assertEqual(status, 0, daemon.log())
        self.assertEqual(len(ends), len(acknowledged))
        self.assertEqual([end for end in ends if isinstance(end, ssl.SSLEOFError)], [])
        written = {json.loads(line)["id"] for line in (self.home / "sink" / "events.ndjson").read_text().splitlines()}
        for index, answers in enumerate(acknowledged):
            self.assertLessEqual({f"{index}-{n}" for n in range(len(answers))}, written)

    def test_check(self):
        good = make_certificate(self.home, days=90)
        over = make_certificate(self.home, ("over",), name="over")
        run("openssl", "x509", "-in", over, "-signkey", over.with_suffix(".key"), "-days", "0", "-out", over)
        apart = make_certificate(self.home, ("apart",), name="apart")
        apart.with_suffix(".key").write_text(good.with_suffix(".key").read_text())
        soon, public = make_certificate(self.home, days=3, name="soon"), make_certificate(self.home, days=90, name="public")
        public.with_suffix(".key").chmod(0o644)
        for what, files, status, said in (
                ("good", [good], 0, ""),
                ("over", [over], 1, "over.pem: the certificate ended on "),
                ("apart", [good, apart], 1, "apart.pem: the private key of "),
                ("missing", [self.home / "missing.pem"], 1, "missing.pem: cannot be opened"),
                ("public", [public], 0, "public.key: everybody on this machine may read the private key"),
                ("three days of three", [soon], 0, "")):
            with self.subTest(what):
                command = [harness.program("MILLRACE", "millrace"), "check", "--set", f"schemas.path={harness.ROOT / 'schemas'}",
                           "--set", "tls.certificates=" + ",".join(map(str, files)), "--set", "tls.listen=localhost:8443"]
                done = run(*command)
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                self.assertIn(said, (done.stdout + done.stderr).decode())


if __name__ == "__main__":
    absent = [tool for tool in TOOLS if not shutil.which(tool)]
    if absent:
        print("these tests need", ", ".join(absent), file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else harness.SKIPPED)
    unittest.main()
