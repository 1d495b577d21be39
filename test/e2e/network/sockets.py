"""One way to use the network, by its name, with a stop-watch."""

import os
import socket
import struct
import sys
import threading
import time
import urllib.request

TCP_SYNCNT = 7


def fetch():
    socket.getaddrinfo("python.example.org", 443)
    urllib.request.urlopen("https://python.example.org/models/a.bin?token=hidden-token", timeout=20)


def ipv6():
    socket.create_connection(("2001:db8::7", 443), 2)


def timed_out():
    with socket.socket() as s:
        s.setsockopt(socket.IPPROTO_TCP, TCP_SYNCNT, 1)
        s.connect(("192.0.2.30", 5432))
        s.sendall(struct.pack(">II", 8, 80877103))
        s.recv(1)


def smtp():
    with socket.create_connection(("192.0.2.31", 25), 2) as s:
        print(s.recv(100))


def udp_write():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.connect(("192.0.2.20", 8125))
        os.write(s.fileno(), b"jobs.done:1|c")


def udp_send():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.connect(("192.0.2.21", 514))
        s.send(b"<13>message")


def udp_to():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        for _ in range(3):
            s.sendto(bytes([0x23]) + bytes(47), ("192.0.2.22", 123))


def udp6():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.connect(("2001:db8::20", 8125))
        os.write(s.fileno(), b"jobs.done:1|c")


def quic():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.sendto(bytes([0xC3, 0, 0, 0, 1, 8]) + bytes(1194), ("192.0.2.23", 443))


def other_server():
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05asked\x07example\x03org\x00\x00\x01\x00\x01"
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect(("192.0.2.53", 53))
        s.send(question)
        print(s.recv(512)[-4:].hex())


def local():
    """What the job's own processes say to each other; it must not count."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
        try:
            server = socket.create_server((host, 0), family=family)
        except OSError:
            continue  # without IPv6
        threading.Thread(target=lambda s=server: s.accept()[0].sendall(b"hello"), daemon=True).start()
        with socket.create_connection(server.getsockname()[:2]) as client:
            print(client.recv(5).decode())
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.bind((host, 0))
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.connect(datagrams.getsockname()[:2])
            os.write(client.fileno(), b"hello")
        print(datagrams.recv(5).decode())
    print(socket.gethostbyname("localhost"), socket.gethostbyname(socket.gethostname()))


def nothing():
    """A resolver connects datagram sockets to sort addresses, and sends nothing."""
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.connect(("192.0.2.99", 443))


started = time.monotonic()
try:
    globals()[sys.argv[1]]()
except OSError as error:
    print(type(error).__name__, error.errno)
print("seconds", round(time.monotonic() - started, 3))
