"""Runs a command on a pseudo-terminal of a size: pseudo-terminal.py COLUMNS LINES COMMAND [ARGUMENT...]

Standard input goes to the terminal, and what the terminal shows to standard output.
Exits as the command does.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios


def resize(terminal, columns, lines):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", int(lines), int(columns), 0, 0))


def main(columns, lines, command):
    # The size is there before the command asks for it.
    ready, go = os.pipe()
    child, terminal = pty.fork()
    if child == 0:
        os.close(go)
        os.read(ready, 1)
        os.execvp(command[0], command)
    resize(terminal, columns, lines)
    os.write(go, b"x")
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    sources = [terminal, 0]
    while True:
        for source in select.select(sources, [], [])[0]:
            try:
                data = os.read(source, 65536)
            except OSError:  # The last of the terminal's processes has ended.
                data = b""
            if source == 0 and data:
                os.write(terminal, data)
            elif source == 0:  # The parent is gone, and the terminal with it.
                sources.remove(0)
                os.kill(child, signal.SIGHUP)
            elif data:
                os.write(1, data)
            else:
                status = os.waitpid(child, 0)[1]
                sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
