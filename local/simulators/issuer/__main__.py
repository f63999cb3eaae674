"""Command line of the token issuer simulator."""

import argparse
import sys
from pathlib import Path

from local.simulators.issuer.keys import KeyFileError, KeyRing
from local.simulators.issuer.maskinporten import ClientKeyError, read_client
from local.simulators.issuer.platform import PlatformKeys
from local.simulators.issuer.service import issuer
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.issuer", description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--key-file", type=Path, help="keep the keys here, so that tokens outlive a restart")
    options.add_argument("--platform-keys", type=Path, metavar="DIR", help="keep the keys of platform tokens here")
    options.add_argument("--maskinporten-client", metavar="ID", default="notifications", help="the registered client")
    options.add_argument("--maskinporten-key", type=Path, metavar="FILE", help="its public key, as a JSON Web Key")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    try:
        keys = KeyRing(given.key_file)
        client = read_client(given.maskinporten_client, given.maskinporten_key) if given.maskinporten_key else None
    except (KeyFileError, ClientKeyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return run(issuer(keys, platform=PlatformKeys(given.platform_keys), client=client), given.port)


if __name__ == "__main__":
    sys.exit(main())
