"""An HTTPS server on this machine that finds nothing.

usage: https_server.py CERTIFICATE KEY

Prints its port.
"""
import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Nothing(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_error(404)

    def log_message(self, *_):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = HTTPServer(("localhost", 0), Nothing)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
