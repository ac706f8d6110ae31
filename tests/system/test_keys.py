#!/usr/bin/env python3
"""API keys, limits, the admin token and what must never be told, as clients and operators meet them. Events go to files, or to a
broker that is not there; no Kafka is needed."""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness

EVENT = {"type": "sign_up", "userId": "u-1", "data": {"method": "email", "country": "DE"}}
MILLRACE = harness.program("MILLRACE", "millrace")


def new_key(name, *further):
    """(the key, its row)"""
    done = subprocess.run([MILLRACE, "key", "new", "--name", name, *further], capture_output=True, text=True, check=True)
    return re.search(r"again: (\S+)", done.stderr)[1], done.stdout


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-keys-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "keys.yaml"

    def write(self, *rows):
        self.file.write_text("keys:\n" + "".join(rows))

    def start(self, ready=True, **further):
        sink = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        settings = {"sink.type": "file", "sink.path": sink, "keys.file": self.file,
                    **{name.replace("__", "."): value for name, value in further.items()}}
        daemon = harness.Daemon({name: value for name, value in settings.items() if value is not None})
        self.addCleanup(daemon.__exit__)
        return daemon.wait_ready() if ready else daemon

    def post(self, daemon, key=None, event=None, **headers):
        if key:
            headers["Authorization"] = f"Bearer {key}"
        status, got, body = daemon.request("POST", "/v1/events", json.dumps(event or EVENT).encode(),
                                           headers={name.replace("_", "-"): value for name, value in headers.items()})
        return status, got, json.loads(body)


class Keys(Case):
    def test_a_file_is_made_of_rows(self):
        with open(self.file, "a") as rows:
            keys = []
            for name in ("web", "app"):
                done = subprocess.run([MILLRACE, "key", "new", "--name", name], stdout=rows, stderr=subprocess.PIPE, text=True,
                                      check=True)
                keys.append(re.search(r"again: (\S+)", done.stderr)[1])
        daemon = self.start()
        self.assertEqual([self.post(daemon, key)[0] for key in keys], [200, 200])

    def test_a_file_is_read_again_by_signal_and_by_watch(self):
        first, first_row = new_key("web")
        second, second_row = new_key("web")
        self.write(first_row)
        daemon = self.start(enrich__watch="100ms")
        self.assertEqual(self.post(daemon, first)[0], 200)
        self.assertEqual(self.post(daemon, second)[0], 401)
        # Both for a while: nobody is turned away.
        self.write(first_row, second_row)
        harness.wait_until(lambda: self.post(daemon, second)[0] == 200, "the second key, by the watch")
        self.assertEqual(self.post(daemon, first)[0], 200)
        # A broken file changes nothing, and says so.
        failures = daemon.metrics()["millrace_plan_reload_failures_total"]
        self.file.write_text("keys:\n  - nam: web\n")
        harness.wait_until(lambda: daemon.metrics()["millrace_plan_reload_failures_total"] > failures, "the broken file to count")
        self.assertEqual([self.post(daemon, key)[0] for key in (first, second)], [200, 200])
        self.assertIn("did you mean name?", daemon.log())
        self.write(second_row)
        daemon.process.send_signal(1)
        harness.wait_until(lambda: self.post(daemon, first)[0] == 401, "the first key to go, by SIGHUP")
        self.assertEqual(self.post(daemon, second)[0], 200)
        self.assertEqual(daemon.stop(), 0)

    def test_a_key_that_goes_while_its_request_comes(self):
        key, row = new_key("web")
        _, other = new_key("other")
        self.write(row)
        daemon = self.start()
        body = json.dumps(EVENT).encode()
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=harness.PATIENCE) as s:
            s.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nExpect: "
                      b"100-continue\r\n\r\n" % (key.encode(), len(body)))
            self.assertIn(b"100 Continue", s.recv(100))
            self.write(other)
            daemon.process.send_signal(1)
            harness.wait_until(lambda: daemon.metrics()["millrace_plan_reloads_total"] == 1, "the reload")
            harness.wait_until(lambda: self.post(daemon, key)[0] == 401, "both workers to have the new plan")
            s.sendall(body)
            self.assertRegex(s.recv(4096), b"^HTTP/1.1 (401|200) ")      # the other worker may be a moment behind
        self.assertEqual(daemon.stop(), 0)

    def test_a_key_goes_while_it_is_in_use(self):
        """Reloads under load fail no request; a key that is taken away ends with the next request of every open connection."""
        kept, kept_row = new_key("kept")
        gone, gone_row = new_key("gone")
        self.write(kept_row, gone_row)
        daemon = self.start()
        taken, lock, statuses = threading.Event(), threading.Lock(), {kept: [], gone: []}

        def send(key):
            connection, after = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=harness.PATIENCE), 0
            connection.connect()
            opened = connection.sock
            while after < 5:
                after += taken.is_set()
                connection.request("POST", "/v1/events", json.dumps(EVENT), {"Authorization": f"Bearer {key}"})
                answer = connection.getresponse()
                answer.read()
                with lock:
                    statuses[key].append((answer.status, taken.is_set()))
            self.assertIs(connection.sock, opened)             # it is still the first connection
            connection.close()

        crowd = [threading.Thread(target=send, args=(key,)) for key in (kept, gone) for _ in range(3)]
        for thread in crowd:
            thread.start()
        for count in range(1, 4):                              # the same keys, read again
            daemon.process.send_signal(1)
            harness.wait_until(lambda: daemon.metrics()["millrace_plan_reloads_total"] >= count, "a reload")
        self.write(kept_row)
        daemon.process.send_signal(1)
        harness.wait_until(lambda: [self.post(daemon, gone)[0] for _ in range(8)] == [401] * 8, "all workers to know")
        taken.set()
        for thread in crowd:
            thread.join()
        self.assertEqual({status for status, _ in statuses[kept]}, {200})
        self.assertEqual({status for status, _ in statuses[gone][:3]}, {200})
        self.assertEqual({status for status, after in statuses[gone][-15:] if after}, {401})
        self.assertEqual({status for status, _ in statuses[gone]}, {200, 401})
        self.assertEqual(daemon.stop(), 0)

    @unittest.skipUnless(shutil.which("node") or "CI" in os.environ, "no node here")
    def test_a_key_goes_within_a_session_of_http_2(self):
        key, row = new_key("web")
        _, other = new_key("other")
        self.write(row)
        daemon = self.start()
        client = subprocess.Popen(["node", "-e", self.SESSION, str(daemon.port), key, json.dumps(EVENT)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(client.communicate)
        self.addCleanup(client.kill)
        self.assertEqual(client.stdout.readline(), "200\n")
        self.write(other)
        daemon.process.send_signal(1)
        out, err = client.communicate(timeout=harness.PATIENCE)
        self.assertEqual(out, "401\n", err)                    # the next that differs, on the same session
        self.assertEqual(daemon.metrics()["millrace_http2_connections_total"], 1)
        self.assertEqual(daemon.stop(), 0)

    SESSION = """
        const http2 = require('http2'), [port, key, body] = process.argv.slice(1);
        const session = http2.connect(`http://127.0.0.1:${port}`);
        let last = '';
        const ask = () => {
            const stream = session.request({ ':method': 'POST', ':path': '/v1/events', authorization: `Bearer ${key}` });
            stream.on('response', fields => {
                const status = `${fields[':status']}\\n`;
                if (status !== last) process.stdout.write(last = status);
            });
            stream.on('close', () => last.startsWith('4') ? session.close() : setTimeout(ask, 5));
            stream.resume();
            stream.end(body);
        };
        ask();
    """

    def test_a_limited_connection_rests(self):
        """After a 429 for its address a connection is not looked at for a second; what came meanwhile is answered then."""
        self.write()
        daemon = self.start(keys__file=None, limits__address_rate="1", limits__address_burst="1")
        request = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=harness.PATIENCE) as s:
            answers, begin = b"", time.monotonic()
            s.sendall(request * 3)
            while len(re.findall(rb"HTTP/1.1 (404|429) ", answers)) < 3:
                answers += s.recv(65536)
        self.assertEqual(re.findall(rb"HTTP/1.1 (...) ", answers)[:2], [b"404", b"429"])
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)
        self.assertEqual(daemon.stop(), 0)

    def test_rates_are_fair(self):
        """One greedy client with many connections: the others do not notice, and it gets what it may and no more."""
        rate, modest_count = 200, 10
        greedy, rows = new_key("greedy", "--rate", str(rate))
        modest = []
        rows = [rows]
        for i in range(modest_count):
            key, row = new_key(f"modest-{i}", "--rate", str(rate))
            modest.append(key)
            rows.append(row)
        self.write(*rows)
        daemon = self.start()
        stop, lock, statuses, accepted = threading.Event(), threading.Lock(), {}, [0]

        def take_all():
            while not stop.is_set():
                status, headers, answer = self.post(daemon, greedy, [EVENT] * 10)
                with lock:
                    statuses[status] = statuses.get(status, 0) + 1
                    accepted[0] += answer.get("accepted", 0)
                if status == 429:
                    assert int(headers["Retry-After"]) >= 1, headers
        begin = time.monotonic()
        crowd = [threading.Thread(target=take_all) for _ in range(8)]
        for thread in crowd:
            thread.start()
        answers = [self.post(daemon, key)[0] for _ in range(10) for key in modest]
        harness.wait_until(lambda: statuses.get(429), "the greedy one to be told")
        stop.set()
        for thread in crowd:
            thread.join()
        took = time.monotonic() - begin
        self.assertEqual(set(answers), {200})
        self.assertEqual(set(statuses) - {200, 429}, set())
        # A burst of a second's worth, what the time gave, and one request a worker that overdrew.
        self.assertLessEqual(accepted[0], rate + rate * took + 2 * 10)
        self.assertGreaterEqual(accepted[0], rate)
        text = daemon.get("/metrics")[2].decode()
        self.assertIn(f'millrace_key_requests_total{{key="greedy",end="limited"}} {statuses[429]}\n', text)
        self.assertIn(f'millrace_key_events_total{{key="greedy"}} {accepted[0]}\n', text)
        self.assertEqual(daemon.metrics()["millrace_rate_limited_requests_total"], statuses[429])
        self.assertEqual(daemon.stop(), 0)

    def test_memory_is_shared_out(self):
        """Many slow uploads of one address: it is told to wait, and the others are served."""
        daemon = self.start(keys__file=None, worker__threads=1, http__trusted_proxies="127.0.0.0/8", limits__open_bytes="8MiB",
                            http__body_limit="1MiB", http__inflated_limit="1MiB", limits__address_share=50)
        slow = []
        for _ in range(20):
            s = socket.create_connection(("127.0.0.1", daemon.port), timeout=harness.PATIENCE)
            self.addCleanup(s.close)
            s.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: 1000000\r\n\r\n")
            slow.append(s)
        for s in slow:
            try:
                s.sendall(b" " * 600000)
            except OSError:
                pass                               # it was answered before
        harness.wait_until(lambda: daemon.metrics()["millrace_http_address_share_refused_total"] > 0, "the address to be told")
        body = [EVENT] * 1500
        for _ in range(3):
            status, _, answer = self.post(daemon, event=body, X_Forwarded_For="192.0.2.2")
            self.assertEqual((status, answer), (200, {"accepted": 1500, "rejected": 0}))
        for s in slow:
            s.close()

        def again():
            status, _, answer = self.post(daemon, event=body, X_Forwarded_For="192.0.2.1")
            return status == 200 and answer["accepted"] == 1500
        harness.wait_until(again, "the address to be served once it holds nothing")
        self.assertEqual(daemon.stop(), 0)


class Listeners(Case):
    def run_to_the_end(self, *settings, command="run"):
        words = [word for setting in settings for word in ("--set", setting)]
        done = subprocess.run([MILLRACE, command, "--set", "sink.type=file", "--set", f"sink.path={self.folder}", "--set",
                               f"schemas.path={harness.ROOT}/schemas", *words], capture_output=True, text=True,
                              timeout=harness.PATIENCE)
        return done.returncode, done.stdout + done.stderr

    def test_a_public_one_says_who_may_send(self):
        for command in ("run", "check"):
            for setting in ("http.listen=0.0.0.0:0", "http.listen=[::]:0"):
                status, said = self.run_to_the_end(setting, "admin.listen=127.0.0.1:0", command=command)
                self.assertEqual(status, 1, said)
                for way in ("keys.file", "http.listen: localhost:8080", "keys.open: true"):
                    self.assertIn(way, said)
            status, said = self.run_to_the_end("http.listen=127.0.0.1:0", "admin.listen=0.0.0.0:0", command=command)
            self.assertEqual(status, 1, said)
            self.assertIn("admin.token", said)
        self.assertEqual(self.run_to_the_end("http.listen=*:8080", "keys.open=true", command="check")[0], 0)

    def test_a_public_socket_of_systemd(self):
        for address, status in (("0.0.0.0", 1), ("127.0.0.1", 0)):
            with socket.create_server((address, 0)) as events:
                script = (f'exec 3<&{events.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" run --set sink.type=file '
                          '--set "sink.path=$1" --set admin.listen=127.0.0.1:0 --set "schemas.path=$2"')
                process = subprocess.Popen(["bash", "-c", script, MILLRACE, self.folder, harness.ROOT / "schemas"],
                                           pass_fds=[events.fileno()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                           text=True)
                with process:
                    line = process.stdout.readline()
                    while line and "events:" not in line and "keys.open" not in line:
                        line = process.stdout.readline()
                    process.terminate()
                    process.communicate()
                self.assertEqual(process.returncode, status, line)
                self.assertIn("keys.open" if status else "events:", line)

    def test_a_reload_does_not_open_it(self):
        key, row = new_key("web")
        self.write(row)
        port = harness.free_port()
        daemon = self.start(http__listen=f"0.0.0.0:{port}", keys__file=None, ready=False)
        self.assertEqual(daemon.process.wait(harness.PATIENCE), 1)
        config = "keys: {file: %s}\n" % self.file
        daemon = harness.Daemon({"sink.type": "file", "sink.path": self.folder, "http.listen": f"0.0.0.0:{port}"}, config)
        self.addCleanup(daemon.__exit__)
        daemon.port = port
        daemon.wait_ready()
        daemon.config.write_text("")
        daemon.process.send_signal(1)
        harness.wait_until(lambda: daemon.metrics()["millrace_plan_reload_failures_total"] == 1, "the reload to be refused")
        self.assertEqual((self.post(daemon)[0], self.post(daemon, key)[0]), (401, 200))
        self.assertEqual(daemon.stop(), 0)

    def test_the_token_of_the_admin_listener(self):
        daemon = self.start(keys__file=None, admin__token="let-me-in-1234567890")

        def get(path, **headers):
            return daemon.request("GET", path, port=daemon.admin, headers=headers)[0]
        self.assertEqual([get(path) for path in ("/live", "/ready", "/metrics", "/version", "/", "/nothing")],
                         [200, 200, 401, 401, 401, 404])
        self.assertEqual(get("/metrics", Authorization="Bearer let-me-in-1234567890"), 200)
        self.assertEqual(get("/metrics", Authorization="Basic " + base64.b64encode(b"x:let-me-in-1234567890").decode()), 200)
        for wrong in ("Bearer let-me-in-123456789", "Bearer let-me-in-12345678901", "Bearer ", "let-me-in-1234567890"):
            self.assertEqual(get("/metrics", Authorization=wrong), 401, wrong)
        self.assertEqual(get("/metrics?key=let-me-in-1234567890"), 401)
        status, headers, body = daemon.request("GET", "/metrics", port=daemon.admin)
        self.assertEqual((headers["WWW-Authenticate"], json.loads(body)["error"]), ('Bearer realm="millrace admin"', "token"))
        self.assertEqual(daemon.stop(), 0)
        daemon = self.start(keys__file=None, admin__token="let-me-in-1234567890", admin__probes_open="false", ready=False)

        def guarded():
            try:
                return [get(path) for path in ("/live", "/ready")] == [401, 401]
            except OSError:
                return False
        harness.wait_until(guarded, "probes to want the token")
        self.assertEqual(daemon.stop(), 0)


class Secrets(Case):
    """Distinctive secrets everywhere, every kind of request and mistake: none of them comes out anywhere."""
    def test_secrets_are_nowhere(self):
        key, row = new_key("web")
        limited, limited_row = new_key("limited", "--rate", "1")
        expired, expired_row = new_key("expired", "--expires", "2020-01-01")
        bound, bound_row = new_key("bound", "--routes", "/other", "--origins", "https://a.example")
        unknown, _ = new_key("unknown")
        self.write(row, limited_row, expired_row, bound_row)
        token, password, registry = "TOKEN-a81fe5c2", "PASSWORD-0b77d1e9", "REGISTRY-5c31aa07"
        hashes = re.findall(r"sha256:(\w{64})", row + limited_row + expired_row + bound_row)
        (self.folder / "password").write_text(password)
        config = (f"admin: {{token: {token}}}\nkeys: {{file: {self.file}}}\nschemas: {{api_key: {registry}}}\n"
                  f"kafka: {{client: {{security.protocol: SASL_PLAINTEXT, sasl.mechanism: PLAIN, sasl.username: u, "
                  f"sasl.password_file: {self.folder}/password}}, message_timeout: 1s}}\nlog: {{level: debug}}\n")
        outputs = []
        # Two sinks: files, to see the records; and a broker that is not there, to hear the client library complain.
        for sink in ({"sink.type": "file", "sink.path": self.folder / "sink"},
                     {"kafka.brokers": f"127.0.0.1:{harness.free_port()}"}):
            (self.folder / "sink").mkdir(exist_ok=True)
            daemon = harness.Daemon(sink, config)
            self.addCleanup(daemon.__exit__)
            harness.wait_until(lambda: "events:" in daemon.log(), "the daemon to listen")
            if "kafka.brokers" in sink:            # each event waits for the broker
                outputs += self.one(daemon.port, "POST", f"/v1/events?key={key}", json.dumps(EVENT).encode(), {})
                outputs += self.operators(daemon, token)
            else:
                outputs += self.every_request(daemon, [key, limited, expired, bound, unknown]) + self.operators(daemon, token)
            self.file.write_text("keys:\n  - name: web\n    hash: " + key + "\n")     # the key in place of its hash
            daemon.process.send_signal(1)
            harness.wait_until(lambda: "stays in force" in daemon.log(), "the reload to fail")
            self.write(row, limited_row, expired_row, bound_row)
            for command in ("config", "check"):
                done = subprocess.run([MILLRACE, command, "--config", daemon.config], capture_output=True)
                outputs += [done.stdout, done.stderr]
            daemon.stop()
            outputs.append(daemon.log().encode())
        outputs.append(subprocess.run([MILLRACE, "key", "ls", self.file], capture_output=True, check=True).stdout)
        records = [path.read_bytes() for path in (self.folder / "sink").iterdir()]
        self.assertTrue(any(b'"reason"' in record and b'"key":"web"' in record for record in records), "a bad record's key")
        self.assertIn(b"millrace_key_events_total", b"".join(outputs))
        whole = b"\n".join(outputs + records)
        for secret in (key, limited, expired, bound, unknown, token, password, registry, *hashes):
            for form in (secret, base64.b64encode(f"{secret}:".encode()).decode()[:-4], secret[:-6]):
                at = whole.find(form.encode())
                self.assertEqual(at, -1, f"...{whole[max(at - 200, 0):at + 100]!r}...")

    def every_request(self, daemon, keys):
        outputs = []
        good, bad = json.dumps(EVENT).encode(), b'{"type":"sign_up","data":{"method":1}}'
        for key in keys:
            basic = base64.b64encode(f"{key}:".encode()).decode()
            for body in (good, bad, b"{", b"[" * 100, b""):
                for target, headers in (("/v1/events", {"Authorization": f"Bearer {key}"}),
                                        ("/v1/events", {"Authorization": f"Basic {basic}"}),
                                        (f"/v1/events?key={key}&verbose", {"Referer": "https://a.example/"})):
                    outputs += self.one(daemon.port, "POST", target, body, headers)
            key_targets = [("GET", "/v1/events?key={}"), ("POST", "/nothing?key={}"), ("BAD", "/v1/events?key={}"),
                           ("OPTIONS", "/v1/events?key={}"), ("POST", "/v1/events/com.acme/nothing/1-0-0?key={}"),
                           ("POST", "/v1/events?key={}" + "x" * 9000)]
            for method, target in key_targets:
                outputs += self.one(daemon.port, method, target.format(key), good, {"Origin": "https://b.example"})
            outputs += self.one(daemon.port, "POST", "/v1/events", good, {"Authorization": f"Bearer {key} {key}"})
            outputs += self.one(daemon.port, "POST", "/v1/events", good, {"Authorization": f"Bearer {key[:-1]}"})
            outputs += self.one(daemon.port, "POST", "/v1/events", good,
                                {"Authorization": f"Bearer {key}", "Content-Encoding": key})
        return outputs

    def operators(self, daemon, token):
        outputs = []
        for path in ("/", "/metrics", "/ready", "/version", f"/nothing?key={token}"):
            for header in (f"Bearer {token}", f"Bearer {token}x", token):
                outputs += self.one(daemon.admin, "GET", path, None, {"Authorization": header})
        return outputs

    @staticmethod
    def one(port, method, target, body, headers):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        lines = f"Host: x\r\nConnection: close\r\nContent-Length: {len(body or b'')}\r\n{lines}"
        request = f"{method} {target} HTTP/1.1\r\n{lines}\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=harness.PATIENCE) as s:
            try:
                s.sendall(request.encode() + (body or b""))
            except OSError:
                pass
            answer = b""
            try:
                while piece := s.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass
        assert answer.startswith(b"HTTP/1.1 "), answer
        return [answer]


if __name__ == "__main__":
    unittest.main()
