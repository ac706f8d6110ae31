#!/usr/bin/env python3
"""A registry for test_remote.c. Usage: registry_server.py FOLDER. Prints its port, then a line for every request.

Serves FOLDER/schemas/... with validators; FOLDER/list.json at /schemas; wants FOLDER/key in the header `apikey` when that file
is there. The files are read anew for every request. Some vendors behave badly, as their names say."""
import hashlib
import http.server
import pathlib
import sys
import time

ROOT = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def misbehave(self, vendor):
        if vendor == "com.error":
            self.answer(500, b"{}")
        elif vendor == "com.slow":
            time.sleep(8)
            self.answer(200, b"{}")
        elif vendor == "com.garbage":
            self.answer(200, b"<html>Welcome to the hotel</html>")
        elif vendor == "com.nobody":
            self.answer(200, b'{"message":"no such schema"}')
        elif vendor == "com.huge":
            self.answer(200, b"{" + b" " * 300000 + b"}")
        elif vendor == "com.endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                for _ in range(1000):
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
            self.close_connection = True
        elif vendor == "com.cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{}")
            self.close_connection = True
        elif vendor == "com.moved":
            self.answer(302, headers=[("Location", self.path.replace("com.moved", "com.there"))])
        elif vendor == "com.loop":
            self.answer(302, headers=[("Location", self.path)])
        elif vendor == "com.file":
            self.answer(302, headers=[("Location", "file:///etc/hostname")])
        else:
            return False
        return True

    def do_GET(self):
        key = ROOT / "key"
        print(self.path, self.headers.get("apikey", "-"), self.headers.get("If-None-Match", "-"), flush=True)
        parts = self.path.split("/")
        file = ROOT / ("list.json" if self.path == "/schemas" else self.path[1:])
        if key.exists() and self.headers.get("apikey") != key.read_text():
            self.answer(403, b"{}")
        elif (ROOT / "broken").exists():
            self.answer(503, b"{}")
        elif len(parts) > 2 and self.misbehave(parts[2]):
            pass
        elif not file.is_file():
            self.answer(404, b"{}")
        else:
            body = file.read_bytes()
            etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            same = self.headers.get("If-None-Match") == etag
            self.answer(304 if same else 200, body, [("ETag", etag), ("Content-Type", "application/json")])


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass                                               # clients hang up on the endless ones


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
