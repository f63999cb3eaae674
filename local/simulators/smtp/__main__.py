"""Command line of the mail server simulator."""

import argparse
import os
import socket
import sys
from pathlib import Path

from local.simulators.serving import run
from local.simulators.smtp.certificate import self_signed
from local.simulators.smtp.server import Options, Security
from local.simulators.smtp.service import smtp


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.smtp", description=__doc__)
    options.add_argument("--port", type=int, required=True, help="HTTP: journal and mails")
    options.add_argument("--smtp-port", type=int, default=1025)
    options.add_argument("--security", type=Security, choices=tuple(Security), default=Security.NONE)
    options.add_argument("--certificate", type=Path, help="where to write the certificate that clients have to trust")
    options.add_argument("--username", help="without it nobody has to authenticate")
    options.add_argument("--password", default="")
    options.add_argument("--size-limit", type=int, default=10 * 1024 * 1024)
    options.add_argument("--no-smtputf8", action="store_true", help="refuse addresses beyond ASCII")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    try:
        sock = socket.create_server(("127.0.0.1", given.smtp_port), backlog=1024)
    except OSError as error:
        print(f"cannot listen on 127.0.0.1:{given.smtp_port}: {os.strerror(error.errno or 0)}", file=sys.stderr)
        return 1
    with sock:
        return run(smtp(_options(given), sock), given.port)


def _options(given: argparse.Namespace) -> Options:
    context = None
    if given.security is not Security.NONE:
        context, certificate = self_signed()
        if given.certificate:
            given.certificate.write_bytes(certificate)
    return Options(
        security=given.security,
        tls=context,
        username=given.username,
        password=given.password,
        size_limit=given.size_limit,
        smtputf8=not given.no_smtputf8,
    )


if __name__ == "__main__":
    sys.exit(main())
